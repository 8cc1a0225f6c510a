"""Unique keys of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("job", sa.Column("unique_key", sa.String(), nullable=True))
    op.add_column("job", sa.Column("unique_for", sa.Float(), nullable=True))
    op.add_column("job", sa.Column("held_key", sa.String(), nullable=True))
    op.add_column("job", sa.Column("held_until", sa.Float(), nullable=True))
    op.create_index("job_held_key", "job", ["held_key"], unique=True, sqlite_where=sa.text("held_key IS NOT NULL"))
