"""What a test of the store needs of SQLite beyond the verbs."""

import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from queuectl_core.sqlite.driver import host_lock_dir
from queuectl_core.store.staged_batch import TOLD_ONE_BY_ONE
from queuectl_core.store.store import Store
from tests.opened import opened
from tests.store.backend import SeriesRow


class SqliteBackend:
    """See Backend. Looks at the file `database` through connections of its own."""

    large_batch = TOLD_ONE_BY_ONE + 1

    def __init__(self, database: Path) -> None:
        self.database = database
        self.url = f"sqlite:///{database}"
        self._stores: list[Store] = []

    def open_store(self, *, busy_seconds: float | None = None) -> Store:
        """See Backend."""
        self._stores.append(opened(self.database, busy_seconds=busy_seconds))
        return self._stores[-1]

    def close(self) -> None:
        """See Backend."""
        for store in self._stores:
            store.close()

    def let_leases_expire(self, worker: str) -> None:
        """See Backend."""
        (host_lock_dir(self.database) / worker).write_bytes(struct.pack("d", 0))

    def set_wall_clock(self, seconds: float) -> None:
        """See Backend."""
        with self._transaction() as connection:
            assert connection.execute("UPDATE clock SET ahead = ahead - ?", (seconds,)).rowcount == 1

    def shift_jobs(self, seconds: float) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE job SET created_at = created_at + :s, started_at = started_at + :s,"
                " next_run_at = next_run_at + :s",
                {"s": seconds},
            )

    def make_due(self) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("UPDATE job SET due = 1 WHERE due = 0")

    def count(self, table: str) -> int:
        """See Backend."""
        with self._transaction() as connection:
            [(number,)] = connection.execute(f"SELECT count(*) FROM {table}")
        return int(number)

    def series(self) -> list[SeriesRow]:
        """See Backend."""
        with self._transaction() as connection:
            return connection.execute("SELECT at, queue, measure, number FROM series").fetchall()

    def add_to_series(self, rows: Iterable[SeriesRow]) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO series VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
                rows,
            )

    def move_series(self, since: int, at: int) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO series SELECT -?, queue, measure, sum(number) FROM series WHERE at >= ? GROUP BY 2, 3",
                (at, since),
            )
            connection.execute("DELETE FROM series WHERE at >= ?", (since,))
            connection.execute("UPDATE series SET at = -at WHERE at < 0")

    def set_waiting(self, queue: str, jobs: int) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO tally VALUES (?, 'pending', ?)", (queue, jobs))

    def name_at_most(self, queues: int, patch: pytest.MonkeyPatch) -> None:
        """See Backend."""
        patch.setattr("queuectl_core.store.counter_rows.MOST_QUEUES", queues)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            yield connection
