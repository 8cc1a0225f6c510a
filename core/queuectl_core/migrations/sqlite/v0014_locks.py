"""The lock of a job."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("job", sa.Column("lock", sa.String(), nullable=True))
    op.drop_index("job_claimable", "job")
    op.create_index(
        "job_claimable",
        "job",
        ["queue", sa.text("priority DESC"), "seq"],
        sqlite_where=sa.text("due = 1 AND lock IS NULL"),
    )
    op.create_index(
        "job_locked", "job", ["queue", "priority", "lock", "seq"], sqlite_where=sa.text("due = 1 AND lock IS NOT NULL")
    )
    op.create_index(
        "job_lock", "job", ["state", "lock"], sqlite_where=sa.text("lock IS NOT NULL AND finished_at IS NULL")
    )
