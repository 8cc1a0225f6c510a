"""An index less to be kept while jobs run: those that do are few, and found by their state."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("job_worker", "job")
