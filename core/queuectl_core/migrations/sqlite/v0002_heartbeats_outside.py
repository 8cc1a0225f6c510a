"""Heartbeats move to files; changes of the wall clock are detected."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("worker", "heartbeat_at")
    op.drop_column("worker", "expires")
    op.create_table(
        "clock",
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("ahead", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("boot"),
    )
