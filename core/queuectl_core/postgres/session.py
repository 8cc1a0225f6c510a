"""A connection to PostgreSQL. All transactions begin and end here."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.errors import Diagnostic

from queuectl_core.model.errors import DatabaseUnusable, OutcomeUnknown, WrongDatabase
from queuectl_core.postgres.connection import connect, is_idle
from queuectl_core.postgres.dialect import PostgresDialect
from queuectl_core.postgres.faults import Faults
from queuectl_core.schema import SCHEMA_VERSION
from queuectl_core.store.recalled import Recalled
from queuectl_core.store.session import Buffer

BUSY_SECONDS = 15.0

BY_INDEX = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
}
LOOK_UP = b"SELECT " + b", ".join(
    f"set_config('{name}', '{value}', false)".encode() for name, value in BY_INDEX.items()
)
BEGIN, SAVEPOINT, RELEASE = b"BEGIN ISOLATION LEVEL READ COMMITTED", b"SAVEPOINT part", "RELEASE part"


class PostgresSession:
    """See Session. Every commit is durable: commands outlive the database, so a lost claim would run a job twice.

    `busy_seconds`: how long to wait for a lock of another transaction.
    """

    dialect = PostgresDialect()

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._url = url
        self._busy_seconds = busy_seconds
        self._connection: psycopg.Connection | None = None
        self._process = os.getpid()
        self._depth = 0
        self._changed = False
        self._warned = False
        self._looks_up = False
        self._faults = Faults()
        self._buffers: list[Buffer] = []
        self._recalled = Recalled(self.rows)
        self._waiting: list[tuple[bytes, Sequence[Any]]] = []
        """Statements that are sent together with the next one."""

    def follow(self, buffer: Buffer) -> None:
        """Make `buffer` participate in all transactions from now on."""
        self._buffers.append(buffer)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Session. Each statement sees what others committed before it (READ COMMITTED)."""
        with self._faults:
            connection = self._connected()
            outermost = self._depth == 0
            if outermost:
                self._changed = False
                self._recalled.forget()
            waiting, place, looked_up = self._waiting, len(self._waiting), self._looks_up
            waiting.append((BEGIN if outermost else SAVEPOINT, ()))
            marks = [buffer.mark() for buffer in self._buffers]
            self._depth += 1
            try:
                yield
                if outermost:
                    for buffer in self._buffers:
                        buffer.flush()
                    self._commit(connection)
                elif waiting is self._waiting and len(waiting) == place + 1:
                    del waiting[place:]  # it is empty
                else:
                    self.execute(RELEASE)  # at once: what waits may fail
            except BaseException:
                for buffer, mark in zip(self._buffers, marks, strict=True):
                    buffer.undo(mark)
                self._looks_up = looked_up
                self._recalled.forget()
                if waiting is self._waiting:
                    del waiting[place:]  # it has not even begun
                else:
                    self._waiting = []
                    _undo(connection, outermost)
                raise
            finally:
                self._depth -= 1
        if outermost:
            for buffer in self._buffers:
                buffer.committed(changed=self._changed)

    def joined(self) -> AbstractContextManager[None]:
        """See Session."""
        return nullcontext() if self._depth else self.transaction()

    def lock(self, name: str) -> None:
        """See Session."""
        self.value("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))

    @property
    def in_transaction(self) -> bool:
        """See Session."""
        return self._depth > 0

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """See Session."""
        self._recalled.forget()
        with self._faults:
            changed = self._run(sql, parameters).rowcount
        self._changed = self._changed or changed > 0
        return changed

    def each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """See Session. One statement for all."""
        return self.rows(sql, self._for_each(constants, rows)) if rows else []

    def execute_each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> int:
        """See Session."""
        return self.execute(sql, self._for_each(constants, rows)) if rows else 0

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """See Session."""
        if not self._depth:
            self.execute(sql, parameters)
            return
        self._waiting.append((_translated(sql), parameters))
        self._changed = True

    def each_later(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """See Session."""
        if rows:
            self.later(sql, self._for_each(constants, rows))

    def _for_each(self, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The parameters of a statement for all rows."""
        self.look_up()
        return [*constants, _as_json(rows)]

    def look_up(self) -> None:
        """In this transaction, look up each row in an index, and plan a statement only once.

        Otherwise, until the server has analyzed a table that has grown, it may read all of it. It remains so until
        something is read outside of transactions.
        """
        if not self._looks_up:
            self._waiting.append((LOOK_UP, ()))
            self._looks_up = True

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """See Session."""
        if not rows:
            return 0
        if len(rows) == 1:
            return self.execute(sql, rows[0])
        self._recalled.forget()
        with self._faults, self._sent().cursor() as cursor:
            cursor.executemany(_translated(sql), rows)
            changed = cursor.rowcount
        self._changed = self._changed or changed > 0
        return changed

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """See Session."""
        with self._faults:
            cursor = self._run(sql, parameters)
            found = cursor.fetchall()
        self._changed = self._changed or _writes(cursor)
        return found

    def recall(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """See Session."""
        return self._recalled.rows(sql, parameters) if self._depth else self.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """See Session."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """See Session."""
        row = self.row(sql, parameters)
        return row[0] if row else None

    @contextmanager
    def snapshot(self) -> Iterator[psycopg.Connection]:
        """A read-only transaction that sees the database as it is now, for statements of psycopg's own."""
        with self._faults:
            connection = self._connected()
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                _undo(connection, outermost=True)

    def copy(self, into: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows. `into`: a table with its columns."""
        self._changed = True
        self._recalled.forget()
        with (
            self._faults,
            self._sent().cursor() as cursor,
            cursor.copy(f"COPY {into} FROM STDIN".encode()) as target,
        ):
            for row in rows:
                target.write_row(row)

    def check(self) -> None:
        """See Session."""
        if self.value("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"):
            raise DatabaseUnusable("the database is read-only: it is a standby, or being recovered")

    def close(self) -> None:
        """See Session."""
        self._waiting, self._looks_up = [], False
        if self._connection is not None:
            if self._process == os.getpid():  # after a fork, it is the parent's
                self._connection.close()
            self._connection = None
        for buffer in self._buffers:
            buffer.closed()

    def _run(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> psycopg.Cursor:
        connection = self._connected()
        if self._looks_up and not self._depth:
            self._waiting, self._looks_up = [(b"RESET ALL", ())], False  # to those of the connection
        # Reading outside of a transaction is planned for its values: a plan for any values would look for the few
        # running jobs among all others.
        prepare = None if self._depth else False
        query = _translated_named(sql) if isinstance(parameters, Mapping) else _translated(sql)
        if not self._waiting:
            return connection.execute(query, parameters, prepare=prepare)
        with connection.pipeline():
            self._send(connection)
            return connection.execute(query, parameters, prepare=prepare)

    def _sent(self) -> psycopg.Connection:
        """The connection, with nothing left to be sent."""
        connection = self._connected()
        if self._waiting:
            with connection.pipeline():
                self._send(connection)
        return connection

    def _send(self, connection: psycopg.Connection) -> None:
        """Send the statements that wait, together with the next one: that saves half of their time."""
        waiting, self._waiting = self._waiting, []
        for query, parameters in waiting:
            connection.execute(query, parameters)

    def _commit(self, connection: psycopg.Connection) -> None:
        """A transaction in which a statement has failed is rolled back by COMMIT, without an error.

        A warning means that a synchronous standby may not have the transaction, because the wait for it was cancelled.
        """
        if len(self._waiting) == 1 and self._waiting[0][0] is BEGIN:
            self._waiting = []
            return
        self._warned = False
        try:
            with connection.pipeline():
                self._send(connection)
                cursor = connection.execute("COMMIT")
        except psycopg.OperationalError as fault:
            if connection.closed:
                raise OutcomeUnknown from fault
            raise
        if cursor.statusmessage != "COMMIT":
            raise DatabaseUnusable("the transaction was rolled back, because a statement in it had failed")
        if self._warned:
            raise OutcomeUnknown

    def _notice(self, notice: Diagnostic) -> None:
        self._warned = self._warned or notice.severity_nonlocalized == "WARNING"

    # Connecting and reconnecting

    def _connected(self) -> psycopg.Connection:
        connection = self._connection
        if self._depth:
            if connection is None or connection.closed:
                raise DatabaseUnusable("the connection to the database was lost")
            return connection
        if connection is not None:
            if self._process == os.getpid() and is_idle(connection):
                return connection
            self.close()
        self._connection, self._process = self._connect(), os.getpid()
        return self._connection

    def _connect(self) -> psycopg.Connection:
        busy_ms = max(1, int(self._busy_seconds * 1000))  # 0 would mean to wait for ever
        connection = connect(self._url, lock_timeout=busy_ms, jit="off")
        connection.add_notice_handler(self._notice)
        try:
            _check_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _check_schema(connection: psycopg.Connection) -> None:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (errors.UndefinedTable, errors.InsufficientPrivilege) as fault:
        raise WrongDatabase(
            f"the database {connection.info.dbname} holds no queue: create it with queuectl-migrate"
        ) from fault
    found = row[0] if row else ""
    if found < SCHEMA_VERSION:
        raise WrongDatabase("the database was created by an older version: upgrade it with queuectl-migrate")
    if found > SCHEMA_VERSION:
        raise WrongDatabase(f"the database was created by a newer version (schema {found}): run that version")


def _undo(connection: psycopg.Connection, outermost: bool) -> None:
    if connection.closed:
        return
    try:
        connection.execute("ROLLBACK" if outermost else "ROLLBACK TO part; RELEASE part")
    except psycopg.Error:
        connection.close()


def _writes(cursor: psycopg.Cursor) -> bool:
    status = cursor.statusmessage or ""
    return not status.startswith("SELECT") and cursor.rowcount > 0


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=lambda data: f"\\x{data.hex()}")


@cache
def _translated(sql: str) -> bytes:
    """With psycopg's placeholders in place of `?`. In bytes, as its type for text accepts only literals."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


@cache
def _translated_named(sql: str) -> bytes:
    """With psycopg's placeholders in place of `:name`."""
    return re.sub(r"(?<!:):([a-z]+)", r"%(\1)s", sql.replace("%", "%%")).encode()
