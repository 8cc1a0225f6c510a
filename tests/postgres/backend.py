"""What a test of the store needs of PostgreSQL beyond the verbs."""

from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest

from queuectl_core.postgres.clock import TOTAL
from queuectl_core.store.open import open_host_locks, open_store
from queuectl_core.store.staged_batch import TOLD_ONE_BY_ONE
from queuectl_core.store.store import Store
from tests.postgres.server import Server
from tests.running import eventually
from tests.store.backend import SeriesRow


class PostgresBackend:
    """See Backend. Looks at a new database of `server` through connections of its own."""

    large_batch = TOLD_ONE_BY_ONE + 1

    def __init__(self, server: Server, data_dir: Path) -> None:
        self.server = server
        self._data_dir = data_dir
        self.url = server.empty_database()
        self._stores: list[Store] = []

    def open_store(self, *, busy_seconds: float | None = None) -> Store:
        """See Backend."""
        store = open_store(self.url, durable=False, busy_seconds=busy_seconds, data_dir=self._data_dir)
        self._stores.append(store)
        return self._stores[-1]

    def close(self) -> None:
        """See Backend. Fails if a store keeps a connection that it should have closed."""
        for store in self._stores:
            store.close()
        try:
            eventually(lambda: self.server.connections(self.url) == 0, patience=10)
        finally:
            self.server.drop(self.url)

    def let_leases_expire(self, worker: str) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("UPDATE presence SET lease = -1 WHERE worker = %s", (worker,))
        open_host_locks(self.url, self._data_dir).remove(worker)

    def set_wall_clock(self, seconds: float) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("UPDATE clock SET ahead = ahead - %s WHERE boot <> %s", (seconds, TOTAL))

    def shift_jobs(self, seconds: float) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE job SET created_at = created_at + %(s)s, started_at = started_at + %(s)s,"
                " next_run_at = next_run_at + %(s)s",
                {"s": seconds},
            )
            connection.execute("UPDATE waiting SET at = at + %s", (seconds,))

    def make_due(self) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("UPDATE waiting SET at = 0")

    def count(self, table: str) -> int:
        """See Backend."""
        with self._transaction() as connection:
            [(number,)] = connection.execute(f"SELECT count(*) FROM {table}")
        return int(number)

    def series(self) -> list[SeriesRow]:
        """See Backend."""
        with self._transaction() as connection:
            return connection.execute(
                "SELECT at, queue, measure, sum(number) FROM series GROUP BY at, queue, measure"
            ).fetchall()

    def add_to_series(self, rows: Iterable[SeriesRow]) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.cursor().executemany(
                "INSERT INTO series AS old VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (at, queue, measure) DO UPDATE SET number = old.number + excluded.number",
                rows,
            )

    def move_series(self, since: int, at: int) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('fold', 0))")
            rows = connection.execute(
                "WITH gone AS (DELETE FROM series WHERE at >= %s RETURNING *)"
                " SELECT queue, measure, sum(number)::bigint FROM gone GROUP BY 1, 2",
                (since,),
            ).fetchall()
        self.add_to_series((at, queue, measure, number) for queue, measure, number in rows)

    def set_waiting(self, queue: str, jobs: int) -> None:
        """See Backend."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO tally VALUES (%s, 'pending', %s)", (queue, jobs))

    def name_at_most(self, queues: int, patch: pytest.MonkeyPatch) -> None:
        """See Backend."""
        patch.setattr("queuectl_core.store.counter_rows.MOST_QUEUES", queues)

    def _transaction(self) -> psycopg.Connection:
        return psycopg.connect(self.url)
