"""Copying the whole database to an SQLite file, and replacing it with the contents of one.

So a backup of either database restores into the other. Tables of sums are copied as sums, and the tables that exist
only here (`ready`, `waiting`) are derived from the jobs.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from queuectl_core.model.errors import Conflict
from queuectl_core.postgres.ready import INSERT_READY, INSERT_WAITING
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.dialect import marks
from queuectl_core.store.replacement import Replacement, shifted
from queuectl_core.store.snapshot import NOT_COPIED, restored

ROWS_AT_ONCE = 5000

EXCLUSIVE = ("schedule", "worker", "queue", "config", "job", "fire", "tally", "series", "counter")
"""Tables that nobody else may change during a replacement."""

SUMS = {"tally": "jobs", "series": "number"}
"""Tables with increments, and the column that is summed up by all others."""


class PostgresSnapshot(Replacement):
    """See Snapshot. During a replacement, readers see the old jobs until the commit; writers wait."""

    _session: PostgresSession
    _source: sqlite3.Connection

    def copy(self, file: Path) -> None:
        """See Snapshot. One transaction: everything is as it was at one moment."""
        from queuectl_core.sqlite.migrate import migrate  # only here: it imports an ORM

        migrate(file)
        with closing(sqlite3.connect(file, isolation_level=None)) as copy, self._session.snapshot() as connection:
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("BEGIN")
            for table in _tables(copy):
                if table not in NOT_COPIED:
                    _copy_table(table, connection, copy)
            copy.execute("COMMIT")

    @contextmanager
    def _opened(self, copy: Path) -> Iterator[None]:
        with closing(sqlite3.connect(copy)) as self._source:
            yield

    def _exclude_writers(self) -> None:
        """In the order in which most transactions lock something. After a deadlock with another one, again."""
        while True:
            with suppress(Conflict), self._session.transaction():
                self._session.lock("fold")
                self._session.execute(f"LOCK TABLE {', '.join(EXCLUSIVE)} IN EXCLUSIVE MODE")
                return

    def _newest(self) -> int:
        newest: int = self._session.value("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM job_seq_seq")
        return newest

    def _continue_after(self, newest: int) -> None:
        self._session.value("SELECT setval('job_seq_seq', ?)", (newest,))

    def _replace_tables(self, shift: int) -> None:
        tables = _tables(self._source)
        for table in reversed(tables):
            self._session.execute(f"DELETE FROM {table}")
        for table in tables:
            self._fill(table, shift)

    def _fill(self, table: str, shift: int) -> None:
        columns = _columns(self._source, table)
        rows = self._source.execute(f"SELECT {', '.join(shifted(columns, shift))} FROM {table}")
        self._session.copy(f"{table} ({', '.join(columns)})", rows)

    def _derive(self) -> None:
        for table in ("ready", "waiting"):
            self._session.execute(f"DELETE FROM {table}")
        self._session.execute(f"{INSERT_READY} job WHERE due = 1 ORDER BY seq")
        self._session.execute(f"{INSERT_WAITING} job WHERE due = 0")


def _tables(sqlite: sqlite3.Connection) -> list[str]:
    """What is restored; `job` comes first, as the others refer to it."""
    rows = sqlite.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name <> 'job'")
    return restored(name for (name,) in rows)


def _columns(sqlite: sqlite3.Connection, table: str) -> list[str]:
    return [row[0] for row in sqlite.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _copy_table(table: str, source: psycopg.Connection, copy: sqlite3.Connection) -> None:
    columns = _columns(copy, table)
    values = [f"sum({column})" if column == SUMS.get(table) else column for column in columns]
    read = f"SELECT {', '.join(values)} FROM {table}"
    if table in SUMS:
        read += f" GROUP BY {', '.join(column for column in columns if column != SUMS[table])}"
    with source.cursor(f"copy_{table}") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(read.encode())
        copy.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(len(columns))})", cursor)
