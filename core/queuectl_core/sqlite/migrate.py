"""Creates an SQLite database, or upgrades it to this version's schema."""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from queuectl_core.disk import free_bytes
from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.sqlite.checkpoint import CheckpointLock
from queuectl_core.sqlite.session import BUSY_SECONDS

log = logging.getLogger("queuectl.migrate")

REWRITE_SPACE_FACTOR = 3
"""Rewriting a database needs this many times its size as free space: for the copy, the WAL, and a reserve."""

REWRITE_BYTES_PER_SECOND = 20 << 20
"""Rewriting speed on a slow disk, for an estimate."""


def migrate(database: Path) -> None:
    """Create or upgrade the SQLite file `database`. A concurrent call waits, and then has nothing to do.

    Raises DatabaseUnusable if the file cannot be written, or was created by a newer version.
    """
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _exclusive(database):
            _upgrade(database)
    except OSError as fault:
        raise DatabaseUnusable(f"cannot create the database {database}: {fault.strerror}") from fault


@contextmanager
def _exclusive(database: Path) -> Iterator[None]:
    with database.with_suffix(".migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _upgrade(database: Path) -> None:
    # Imported here: only migrations need SQLAlchemy.
    from alembic.util import CommandError
    from sqlalchemy import URL, create_engine
    from sqlalchemy.exc import DatabaseError

    from queuectl_core.migrations.upgrade import upgrade

    engine = create_engine(URL.create("sqlite", database=str(database)), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if not connection.exec_driver_sql("PRAGMA page_count").scalar():  # new; for existing files see below
                connection.exec_driver_sql("PRAGMA auto_vacuum = INCREMENTAL")
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")  # see CheckpointLock
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # all or nothing, including CREATE TABLE
            upgrade(connection, "sqlite")
            connection.exec_driver_sql("COMMIT")
    except CommandError as fault:
        raise DatabaseUnusable(
            f"{database} was created by a newer version of QueueCTL: run that version, or set QUEUECTL_DATA_DIR "
            "to another directory"
        ) from fault
    except DatabaseError as fault:
        raise DatabaseUnusable(f"the database {database} cannot be used: {fault.orig}") from fault
    finally:
        engine.dispose()


def make_shrinkable(database: Path) -> None:
    """Rewrite a database created by an older version, once, so that it can return free space to the file system.

    Logs a warning instead if there is not enough free space, or the database is in use. Raises OSError.
    """
    connection = sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        with _exclusive(database), closing(connection):
            _make_shrinkable(database, connection)
    except sqlite3.DatabaseError as fault:
        log.warning(_NOT_REWRITTEN, database, fault)


def _make_shrinkable(database: Path, connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA auto_vacuum").fetchone() != (0,):
        return
    size, free = _used_bytes(connection), free_bytes(database.parent)
    if free < REWRITE_SPACE_FACTOR * size:
        reason = f"this needs {REWRITE_SPACE_FACTOR * size >> 20} MiB of disk space, {free >> 20} MiB are free"
        log.warning(_NOT_REWRITTEN, database, reason)
        return
    seconds = 1 + size / REWRITE_BYTES_PER_SECOND
    log.info("rewriting %s once, so that it can return free space: about %d s", database, seconds)
    directory = str(database.parent).replace("'", "''")
    connection.execute(f"PRAGMA temp_store_directory = '{directory}'")  # /tmp may be small and in memory
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    with CheckpointLock(database) as checkpoints:
        checkpoints.take(wait=True)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_NOT_REWRITTEN = "%s was not rewritten and keeps its free space: %s; run queuectl-migrate again later"


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
