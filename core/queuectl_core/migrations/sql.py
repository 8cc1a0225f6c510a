"""Plain SQL in migrations."""

from alembic import op


def run(statements: str) -> None:
    """Run statements separated by `;` as they are: `:` and `%` have no meaning, as they would in `op.execute`."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(statements)
