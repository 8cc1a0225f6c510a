"""Schedules and their fires, and what enqueued a job."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("job", sa.Column("schedule", sa.String(), nullable=True))
    op.add_column("job", sa.Column("scheduled_at", sa.Float(), nullable=True))
    op.create_index(
        "job_schedule", "job", ["schedule"], sqlite_where=sa.text("schedule IS NOT NULL AND finished_at IS NULL")
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("every", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("catch_up", sa.String(), nullable=False),
        sa.Column("catch_up_window", sa.Float(), nullable=False),
        sa.Column("overlap", sa.String(), nullable=False),
        sa.Column("jitter", sa.Float(), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=True),
        sa.Column("ends_at", sa.Float(), nullable=True),
        sa.Column("pause_after", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("anchor", sa.Float(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("next_nominal", sa.Float(), nullable=True),
        sa.Column("next_at", sa.Float(), nullable=True),
        sa.Column("fires", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    for index, column in (("schedule_next", "next_at"), ("schedule_planned", "planned_at")):
        op.create_index(index, "schedule", [column], sqlite_where=sa.text("next_at IS NOT NULL"))
    op.create_table(
        "fire",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("scheduled_at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["schedule"], ["schedule.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("schedule", "scheduled_at"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "fire_waiting",
        "fire",
        ["schedule", "scheduled_at"],
        sqlite_where=sa.text("outcome = 'enqueued' AND job IS NULL"),
    )
    op.create_table(
        "fire_counter",
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("outcome"),
    )
