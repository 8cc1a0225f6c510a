"""One index fewer: running jobs are few, and are found by their state."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("job_worker", "job")
