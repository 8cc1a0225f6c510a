"""A connection to the SQLite file, and the one place where transactions begin and end."""

import os
import select
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from queuectl_core.errors import DatabaseBusy, DatabaseUnusable, StorageFull, WrongDatabase
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.sqlite.bell import Bell
from queuectl_core.sqlite.pending import Pending

BUSY_SECONDS = 15.0
RETRY_SECONDS = 0.0005


class Database:
    """One connection. Not shared between threads at the same time.

    `durable`: a commit is on the disk when it returns (`synchronous=FULL`); otherwise it survives the death
    of every process, but a power cut may undo the last ones, never half of one. `busy_seconds`: how long it waits
    for others' writes.

    It connects when it is first used, and anew after a fault or where the file was replaced: who goes on using it
    finds it working again once the trouble is over. Until then every method raises DatabaseUnusable, or what is
    derived from it.

    `pending`: what the transaction has counted so far; `write_pending` writes it down before the commit, once. `soft`:
    whether all that was written down brings workers nothing to do.
    """

    def __init__(self, path: Path, *, durable: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._durable = durable
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._broken = False
        self._depth = 0
        self._bell: Bell | None = None
        self._faults = _Faults(self)
        self.pending = Pending()
        self.soft: bool | None = None
        self.write_pending: Callable[[], None] | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All the writes inside happen, or none. Inside another one it is a part that can fail by itself.

        It takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that read first and wrote later
        would fail where another one wrote in between, however long it may wait. The bell rings after it.
        """
        with self._faults:
            connection = self._connected()
            outermost = self._depth == 0
            if not outermost:
                self._check_open(connection)
            if outermost:
                self._patiently(connection.execute, "BEGIN IMMEDIATE")
                self.soft = None
            else:
                connection.execute("SAVEPOINT part")
            before, mark = connection.total_changes, self.pending.mark()
            self._depth += 1
            try:
                yield
                if outermost and self.write_pending:
                    self.write_pending()
                connection.execute("COMMIT" if outermost else "RELEASE part")
            except BaseException:
                self.pending.undo(mark)
                _undo(connection, outermost)
                raise
            finally:
                self._depth -= 1
        if outermost and self._bell and connection.total_changes != before:
            (self._bell.ring_softly if self.soft else self._bell.ring)()

    @property
    def in_transaction(self) -> bool:
        """Whether one is open, and with it the write lock held."""
        return self._depth > 0

    def joined(self) -> AbstractContextManager[None]:
        """The same, for what cannot fail by itself once it has written: inside another one it is no part of its own."""
        if self._depth == 0:
            return self.transaction()
        with self._faults:
            self._check_open(self._connected())
        return nullcontext()

    @staticmethod
    def _check_open(connection: sqlite3.Connection) -> None:
        """Where SQLite has undone the transaction, what follows must not stand."""
        if not connection.in_transaction:
            raise DatabaseUnusable("the transaction was undone by a fault")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; returns how many rows it changed."""
        with self._faults:
            return self._patiently(self._connected().execute, sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row of parameters."""
        with self._faults:
            self._patiently(self._connected().executemany, sql, rows)

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._faults:
            return self._patiently(self._connected().execute, sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        with self._faults:
            found: tuple[Any, ...] | None = self._patiently(self._connected().execute, sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a query, or None."""
        row = self.row(sql, parameters)
        return row[0] if row else None

    def check(self) -> None:
        """Raise where the database cannot be used: WrongDatabase where that needs a person."""
        with self._faults:
            connection = self._connected()
            self._patiently(connection.execute, "BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; what uses this object afterwards opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def _patiently(self, run: Callable[[str, Any], sqlite3.Cursor], sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement, again and again where others hold a lock: SQLite would sleep up to 100 ms in between."""
        try:
            return run(sql, parameters)
        except sqlite3.OperationalError as fault:
            deadline = time.monotonic() + self._busy_seconds
            if self._depth or not _is_busy(fault) or not self._busy_seconds:
                raise
        while True:
            select.select((), (), (), RETRY_SECONDS)  # time.sleep is broken by libfaketime, see tests/faults
            try:
                return run(sql, parameters)
            except sqlite3.OperationalError as fault:
                if not _is_busy(fault) or time.monotonic() > deadline:
                    raise

    # Connecting, and connecting again

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._depth or self._is_sound(self._connection):
                return self._connection
            self.close()
        self._connection, self._broken = self._connect(), False
        return self._connection

    def _is_sound(self, connection: sqlite3.Connection) -> bool:
        """Not where a fault was met, a rollback has failed, or the file was removed or replaced.

        What would be written then might never be committed, or to a file that nobody will ever open again.
        """
        return not self._broken and not connection.in_transaction and _identity(self.path) == self._file

    def _connect(self) -> sqlite3.Connection:
        self._file = _identity(self.path)
        if self._file is None:
            raise WrongDatabase(f"there is no database at {self.path}: make it with queuectl-migrate")
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,  # no transaction begins by itself
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute("PRAGMA foreign_keys = ON")
            self._check_schema(connection)
            connection.execute("PRAGMA busy_timeout = 0")  # from here on see `_patiently`
            self._bell = Bell(self.path)
        except OSError as fault:
            connection.close()
            raise DatabaseUnusable(f"{fault.filename} cannot be written: {fault.strerror}") from fault
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        try:
            [found] = connection.execute("SELECT version_num FROM alembic_version").fetchone() or [""]
        except sqlite3.OperationalError as fault:
            if "no such table" not in str(fault):
                raise
            raise WrongDatabase(f"{self.path} is not a QueueCTL database: {fault}") from fault
        if found < SCHEMA_VERSION:
            raise WrongDatabase(f"{self.path} is of an older version: bring it up to date with queuectl-migrate")
        if found > SCHEMA_VERSION:
            raise WrongDatabase(f"{self.path} was made by a newer version of QueueCTL (schema {found}): run that one")

    def named(self, fault: sqlite3.DatabaseError) -> DatabaseUnusable:
        """A fault of SQLite's under our names; after some, this connection is used no more."""
        named = self._named(fault)
        self._broken = type(named) is DatabaseUnusable
        return named

    def _named(self, fault: sqlite3.DatabaseError) -> DatabaseUnusable:
        code = _code(fault)
        if _is_busy(fault):
            return DatabaseBusy("the database is locked by another process: try again in a moment")
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and not free_bytes(self.path.parent)):
            return StorageFull(f"there is no room left in {self.path.parent}: free some, then try again")
        hint = f" (is {self.path} writable for uid {os.getuid()}?)" if code == sqlite3.SQLITE_READONLY else ""
        return DatabaseUnusable(f"the database {self.path} cannot be used now: {fault}{hint}")


class _Faults:
    """Raises what `named` makes of SQLite's faults. IntegrityError is not one: it is for the statement's caller."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, sqlite3.DatabaseError) and not isinstance(fault, sqlite3.IntegrityError):
            raise self._db.named(fault) from fault


def _code(fault: sqlite3.DatabaseError) -> int:
    return int(getattr(fault, "sqlite_errorcode", 0)) & 0xFF


def _is_busy(fault: sqlite3.DatabaseError) -> bool:
    return _code(fault) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def free_bytes(directory: Path) -> int:
    """Room that is left for this user on the file system of `directory`; 0 where there is none to look at."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _undo(connection: sqlite3.Connection, outermost: bool) -> None:
    if not connection.in_transaction:
        return  # SQLite has rolled back by itself, as it does on a full disk
    if outermost:
        connection.execute("ROLLBACK")
    else:
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")
