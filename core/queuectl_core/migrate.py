"""The one-shot step that makes the database, or brings it to this program's version."""

import fcntl
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from queuectl_core.errors import DatabaseUnusable
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.settings import Settings, explain

log = logging.getLogger("queuectl.migrate")


def migrate(database: Path) -> None:
    """Make or upgrade the SQLite file `database`; whoever comes second waits and finds it done.

    Raises DatabaseUnusable where it cannot be written, or was made by a newer version.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(database):
            _upgrade(database)
    except OSError as fault:
        raise DatabaseUnusable(f"the database cannot be made at {database}: {fault.strerror}") from fault


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    with database.with_suffix(".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _upgrade(database: Path) -> None:
    # Imported here: nobody but the migration needs SQLAlchemy.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DatabaseError

    engine = create_engine(f"sqlite:///{database}", isolation_level="AUTOCOMMIT")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # all or nothing, also for CREATE TABLE
            config.attributes["connection"] = connection
            command.upgrade(config, SCHEMA_VERSION)
            connection.exec_driver_sql("COMMIT")
    except CommandError as fault:
        raise DatabaseUnusable(
            f"{database} was made by a newer version of QueueCTL: run that version, or point QUEUECTL_DATA_DIR "
            "at another directory"
        ) from fault
    except DatabaseError as fault:
        raise DatabaseUnusable(f"the database {database} cannot be used: {fault.orig}") from fault
    finally:
        engine.dispose()


def main() -> None:
    """`queuectl-migrate`: exit 0 when the database is ready, 1 with one line of reason."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)
    try:
        database = Settings().database_path
        migrate(database)
    except ValidationError as refusal:
        sys.exit(f"queuectl-migrate: {explain(refusal)}")
    except DatabaseUnusable as fault:
        sys.exit(f"queuectl-migrate: {fault}")
    log.info("database %s is ready (schema %s)", database, SCHEMA_VERSION)
