"""A batch is an entry of the audit log that its jobs name, no longer a range of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_BATCH = "subject IS NULL AND action = 'enqueue' AND first IS NOT NULL"


def upgrade() -> None:
    op.add_column("job", sa.Column("batch", sa.Integer(), nullable=True))
    op.add_column("audit", sa.Column("batch", sa.Integer(), nullable=True))
    _convert(op.get_bind())


def _convert(connection: sa.Connection) -> None:
    batches = connection.exec_driver_sql(f"SELECT seq, first, last FROM audit WHERE {_BATCH}").fetchall()
    for entry, first, last in batches:
        connection.exec_driver_sql("UPDATE job SET batch = ? WHERE seq BETWEEN ? AND ?", (entry, first, last))
    connection.exec_driver_sql(
        "UPDATE audit SET batch ="
        " (SELECT CASE WHEN came.action = 'enqueue' AND came.last >= audit.first THEN came.seq END"
        " FROM audit AS came INDEXED BY audit_first WHERE came.subject IS NULL AND came.first <= audit.first"
        " ORDER BY came.first DESC LIMIT 1) WHERE action = 'delete' AND first IS NOT NULL"
    )
    connection.exec_driver_sql(f"UPDATE audit SET first = NULL, last = NULL WHERE {_BATCH}")
