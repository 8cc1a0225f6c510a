"""Monitoring counters, which outlive the jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("number", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("queue", "measure"),
        sqlite_with_rowid=False,
    )
    op.create_index("counter_queue", "counter", ["queue"], sqlite_where=sa.text("measure = 'enqueued'"))
