"""A link created by a session ends with that session, as does the session started with the link."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("DELETE FROM link")  # it is unknown which of them were created by a session
    for table, column in (("session", "parent"), ("link", "session")):
        with op.batch_alter_table(table, recreate="always") as batch:
            batch.add_column(sa.Column(column, sa.String(), nullable=True))
            batch.create_foreign_key(f"{table}_{column}", "session", [column], ["hash"], ondelete="CASCADE")
            batch.create_index(f"ix_{table}_{column}", [column])
