"""A connection to the SQLite file, and the one place where transactions begin and end."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from queuectl_core.errors import DatabaseBusy, DatabaseUnusable
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.sqlite.bell import Bell

BUSY_SECONDS = 30.0


class Database:
    """One connection. Not shared between threads at the same time.

    `durable`: a commit is on the disk when it returns (`synchronous=FULL`); otherwise it survives the death
    of every process, but a power cut may undo the last ones, never half of one.

    Every method raises DatabaseBusy or DatabaseUnusable where SQLite cannot do its part.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        if not path.is_file():
            raise DatabaseUnusable(f"there is no database at {path}: make it with queuectl-migrate")
        self.path = path
        with _faults(path):
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,  # no transaction begins by itself
                check_same_thread=False,
                cached_statements=256,
            )
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._check_schema()
            self._prove_writable()
        self._bell = Bell(path)

    def _check_schema(self) -> None:
        try:
            found = self.value("SELECT version_num FROM alembic_version")
        except DatabaseUnusable as fault:
            raise DatabaseUnusable(f"{self.path} is not a QueueCTL database: {fault.__cause__}") from fault
        if found is None or found < SCHEMA_VERSION:
            raise DatabaseUnusable(f"{self.path} is of an older version: bring it up to date with queuectl-migrate")
        if found > SCHEMA_VERSION:
            raise DatabaseUnusable(
                f"{self.path} was made by a newer version of QueueCTL (schema {found}): run that one"
            )

    def _prove_writable(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All the writes inside happen, or none. Inside another one it is a part that can fail by itself.

        It takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that read first and wrote later
        would fail where another one wrote in between, however long it may wait. The bell rings after it.
        """
        outermost = not self._connection.in_transaction
        with _faults(self.path):
            self._connection.execute("BEGIN IMMEDIATE" if outermost else "SAVEPOINT part")
            before = self._connection.total_changes
            try:
                yield
                self._connection.execute("COMMIT" if outermost else "RELEASE part")
            except BaseException:
                self._undo(outermost)
                raise
        if outermost and self._connection.total_changes != before:
            self._bell.ring()

    def _undo(self, outermost: bool) -> None:
        if not self._connection.in_transaction:
            return  # SQLite has rolled back by itself, as it does on a full disk
        if outermost:
            self._connection.execute("ROLLBACK")
        else:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; returns how many rows it changed."""
        with _faults(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of parameters."""
        with _faults(self.path):
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with _faults(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        with _faults(self.path):
            found: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a query, or None."""
        row = self.row(sql, parameters)
        return row[0] if row else None

    def close(self) -> None:
        """Close the connection; nothing may use it afterwards."""
        self._connection.close()
        if hasattr(self, "_bell"):
            self._bell.close()


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """SQLite's faults under our names. IntegrityError is not one: it is for the statement's caller."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as fault:
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DatabaseBusy("the database is locked by another process: try again in a moment") from fault
        raise DatabaseUnusable(f"the database {path} cannot be used now: {fault}{_hint(path, fault)}") from fault


def _hint(path: Path, fault: sqlite3.DatabaseError) -> str:
    if "readonly" in str(fault):
        return f" (is {path} writable for uid {os.getuid()}?)"
    return ""
