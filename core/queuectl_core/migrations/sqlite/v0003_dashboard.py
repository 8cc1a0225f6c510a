"""For the dashboard: series, settings of queues, failure groups, resource usage of attempts."""

import sqlalchemy as sa
from alembic import op

from queuectl_core.model.failure import failure

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "queue",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("job_limit", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "series",
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", "queue", "measure"),
        sqlite_with_rowid=False,
    )
    op.add_column("attempt", sa.Column("due_at", sa.Float(), nullable=True))
    op.add_column("attempt", sa.Column("cpu_seconds", sa.Float(), nullable=True))
    op.add_column("attempt", sa.Column("memory_bytes", sa.Integer(), nullable=True))
    op.add_column("job", sa.Column("failure", sa.String(), nullable=True))
    _name_failures()
    op.create_index(
        "job_failure",
        "job",
        ["failure", "seq", "finished_at", "queue"],
        sqlite_where=sa.text("state = 'dead'"),
    )
    op.create_index("job_finished", "job", ["state", "finished_at"], sqlite_where=sa.text("finished_at IS NOT NULL"))
    op.create_index("job_due", "job", ["queue", "due", "next_run_at"], sqlite_where=sa.text("due IS NOT NULL"))
    op.drop_index("job_expiry", "job")
    op.create_table(
        "arrival",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.execute(
        "INSERT INTO arrival SELECT seq, hour FROM"
        " (SELECT *, lag(hour) OVER (ORDER BY seq) AS before FROM"
        " (SELECT seq, CAST(created_at / 3600 AS INTEGER) AS hour FROM job))"
        " WHERE hour IS NOT before"
    )


def _name_failures() -> None:
    """Set the failure group of jobs that are already dead."""
    database = op.get_bind()
    dead = database.exec_driver_sql("SELECT seq, command, error, worker FROM job WHERE state = 'dead'").all()
    if dead:
        database.exec_driver_sql(
            "UPDATE job SET failure = ? WHERE seq = ?",
            [(failure(command, error, worker), seq) for seq, command, error, worker in dead],
        )
