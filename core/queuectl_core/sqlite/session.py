"""A connection to the SQLite file. All transactions begin and end here."""

import os
import select
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from queuectl_core.disk import free_bytes
from queuectl_core.model.errors import DatabaseBusy, DatabaseUnusable, StorageFull, WrongDatabase
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.sqlite.checkpoint import PAGES, CheckpointLock
from queuectl_core.sqlite.dialect import SqliteDialect, holds
from queuectl_core.store.recalled import Recalled
from queuectl_core.store.session import Buffer

BUSY_SECONDS = 15.0
RETRY_SECONDS = 0.0005
CHECKPOINT_EVERY = 8
"""Commits of a connection of which the first may checkpoint: to ask for it costs 6 µs."""

WAL_BYTES = 16 << 20
"""A larger WAL is truncated to this size when it restarts; without readers it restarts at 4 MB."""


class SqliteSession:
    """See Session.

    `durable`: a commit is on disk when it returns (`synchronous=FULL`). Otherwise it survives the death of any process,
    but a power cut may undo the last commits, each as a whole. `busy_seconds`: how long to wait for other writers.

    It reconnects after an error, and if the file was replaced.
    """

    dialect = SqliteDialect()

    def __init__(self, path: Path, *, durable: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._durable = durable
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._broken = False
        self._depth = 0
        self._commits = 0
        self._faults = _Faults(self)
        self._buffers: list[Buffer] = []
        self._recalled = Recalled(self.rows)
        self._checkpoints: CheckpointLock | None = None

    def follow(self, buffer: Buffer) -> None:
        """Make `buffer` participate in all transactions from now on."""
        self._buffers.append(buffer)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Session.

        Takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that reads first and writes later fails if
        another one has written in between, however long its busy timeout is.
        """
        with self._faults:
            connection = self._connected()
            outermost = self._depth == 0
            if outermost:
                self._patiently(connection.execute, "BEGIN IMMEDIATE")
            else:
                self._check_open(connection)
                connection.execute("SAVEPOINT part")
            self._recalled.forget()
            before, marks = connection.total_changes, [buffer.mark() for buffer in self._buffers]
            self._depth += 1
            try:
                yield
                if outermost:
                    for buffer in self._buffers:
                        buffer.flush()
                    self._commit(connection)
                else:
                    connection.execute("RELEASE part")
            except BaseException:
                self._recalled.forget()
                for buffer, mark in zip(self._buffers, marks, strict=True):
                    buffer.undo(mark)
                _undo(connection, outermost)
                raise
            finally:
                self._depth -= 1
        if outermost:
            for buffer in self._buffers:
                buffer.committed(changed=connection.total_changes != before)

    def _commit(self, connection: sqlite3.Connection) -> None:
        """Commit; some commits checkpoint if the WAL is long enough and no other connection is doing so."""
        self._commits += 1
        checkpoints = self._checkpoints
        if self._commits % CHECKPOINT_EVERY != 1 or checkpoints is None or not checkpoints.take():
            connection.execute("COMMIT")
            return
        try:
            connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
            try:
                connection.execute("COMMIT")
            finally:
                connection.execute("PRAGMA wal_autocheckpoint = 0")
        finally:
            checkpoints.release()

    def checkpoint(self, mode: str, wait_ms: int) -> tuple[int, int] | None:
        """Copy the WAL into the database now; returns the number of pages in the WAL, and how many were copied.

        `mode`: PASSIVE or TRUNCATE. Returns None, and copies nothing, if another connection is checkpointing, or writes
        for longer than `wait_ms`. Do not call it inside a transaction.
        """
        with self._faults:
            connection = self._connected()
            if self._checkpoints is None or not self._checkpoints.take():
                return None
            try:
                connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
                connection.execute("PRAGMA user_version = 0")  # a commit of its own: see CheckpointLock
                [(_, pages, copied)] = connection.execute(f"PRAGMA wal_checkpoint({mode})")
            except sqlite3.OperationalError as fault:
                if not _is_busy(fault):
                    raise
                return None
            finally:
                connection.execute("PRAGMA busy_timeout = 0")
                self._checkpoints.release()
            return pages, copied

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, so this connection holds the write lock."""
        return self._depth > 0

    def joined(self) -> AbstractContextManager[None]:
        """See Session."""
        if self._depth == 0:
            return self.transaction()
        with self._faults:
            self._check_open(self._connected())
        return nullcontext()

    def lock(self, name: str) -> None:
        """See Session. Write transactions exclude each other anyway."""

    @staticmethod
    def _check_open(connection: sqlite3.Connection) -> None:
        """If SQLite has rolled back the transaction by itself, nothing more must be committed."""
        if not connection.in_transaction:
            raise DatabaseUnusable("the transaction was rolled back after an error")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """See Session."""
        self._recalled.forget()
        with self._faults:
            return self._patiently(self._connected().execute, sql, parameters).rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """See Session."""
        self._recalled.forget()
        with self._faults:
            return self._patiently(self._connected().executemany, sql, rows).rowcount

    def each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """See Session."""
        return [found for row in rows for found in self.rows(sql, (*constants, *row.values()))]

    def execute_each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> int:
        """See Session."""
        return self.execute_many(sql, [(*constants, *row.values()) for row in rows])

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """See Session. At once."""
        self.rows(sql, parameters)

    def each_later(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """See Session."""
        self.execute_each(sql, constants, rows)

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """See Session."""
        with self._faults:
            return self._patiently(self._connected().execute, sql, parameters).fetchall()

    def recall(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See Session."""
        return self._recalled.rows(sql, parameters) if self._depth else self.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """See Session."""
        with self._faults:
            found: tuple[Any, ...] | None = self._patiently(self._connected().execute, sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """See Session."""
        row = self.row(sql, parameters)
        return row[0] if row else None

    def check(self) -> None:
        """See Session."""
        with self._faults:
            connection = self._connected()
            self._patiently(connection.execute, "BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")

    def close(self) -> None:
        """See Session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._checkpoints is not None:
            self._checkpoints.close()
            self._checkpoints = None
        for buffer in self._buffers:
            buffer.closed()

    def _patiently(self, run: Callable[[str, Any], sqlite3.Cursor], sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run a statement, and retry while others hold a lock: SQLite itself would sleep up to 100 ms in between."""
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

    # Connecting and reconnecting

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._depth or self._is_sound(self._connection):
                return self._connection
            self.close()
        self._connection, self._broken = self._connect(), False
        return self._connection

    def _is_sound(self, connection: sqlite3.Connection) -> bool:
        """False after an error or a failed rollback, or if the file was removed or replaced.

        Further writes might never be committed, or go to a file that no process will ever open again.
        """
        return not self._broken and not connection.in_transaction and _identity(self.path) == self._file

    def _connect(self) -> sqlite3.Connection:
        self._file = _identity(self.path)
        if self._file is None:
            raise WrongDatabase(f"there is no database at {self.path}: create it with queuectl-migrate")
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,  # no implicit transactions
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # only while holding the lock: see `_commit`
            connection.execute("PRAGMA foreign_keys = ON")
            connection.create_function("holds", 2, holds, deterministic=True)
            self._check_schema(connection)
            connection.execute("PRAGMA busy_timeout = 0")  # from here on see `_patiently`
            self._checkpoints, self._commits = CheckpointLock(self.path), 0
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
            raise WrongDatabase(f"{self.path} was created by an older version: upgrade it with queuectl-migrate")
        if found > SCHEMA_VERSION:
            raise WrongDatabase(f"{self.path} was created by a newer version (schema {found}): run that version")

    def named(self, fault: sqlite3.DatabaseError) -> DatabaseUnusable:
        """Translate an SQLite error. After some errors, the connection is not used any more."""
        named = self._named(fault)
        self._broken = type(named) is DatabaseUnusable
        return named

    def _named(self, fault: sqlite3.DatabaseError) -> DatabaseUnusable:
        code = _code(fault)
        if _is_busy(fault):
            return DatabaseBusy("the database is locked by another process: try again in a moment")
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and not free_bytes(self.path.parent)):
            return StorageFull(f"there is no space left in {self.path.parent}: free some space, then try again")
        hint = f" (is {self.path} writable for uid {os.getuid()}?)" if code == sqlite3.SQLITE_READONLY else ""
        return DatabaseUnusable(f"the database {self.path} cannot be used now: {fault}{hint}")


class _Faults:
    """Translates SQLite errors with `named`, except IntegrityError, which the caller of the statement handles."""

    def __init__(self, session: SqliteSession) -> None:
        self._session = session

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, sqlite3.DatabaseError) and not isinstance(fault, sqlite3.IntegrityError):
            raise self._session.named(fault) from fault


def _code(fault: sqlite3.DatabaseError) -> int:
    return int(getattr(fault, "sqlite_errorcode", 0)) & 0xFF


def _is_busy(fault: sqlite3.DatabaseError) -> bool:
    return _code(fault) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _undo(connection: sqlite3.Connection, outermost: bool) -> None:
    if not connection.in_transaction:
        return  # SQLite has already rolled back, for example because the disk is full
    if outermost:
        connection.execute("ROLLBACK")
    else:
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")
