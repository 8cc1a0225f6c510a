"""Runs Alembic on a connection."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from queuectl_core.schema import SCHEMA_VERSION

DIRECTORY = Path(__file__).parent


def upgrade(connection: Connection, database: str) -> None:
    """Bring the database to SCHEMA_VERSION, in the connection's transaction, which the caller commits.

    `database`: which revisions, `sqlite` or `postgres`. Raises CommandError if its version is unknown here.
    """
    config = Config()
    config.set_main_option("script_location", _option(DIRECTORY))
    config.set_main_option("version_locations", _option(DIRECTORY / database))
    config.set_main_option("path_separator", "newline")  # otherwise a path with a space would be two
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA_VERSION)


def _option(path: Path) -> str:
    return str(path).replace("%", "%%")
