"""Batches in PostgreSQL."""

from collections.abc import Sequence

from queuectl_core.postgres.ready import INSERT_READY, INSERT_WAITING
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.staged_batch import TEMPLATE, TOLD_ONE_BY_ONE, StagedBatch


class PostgresBatch(StagedBatch):
    """See StagedBatch."""

    _session: PostgresSession

    def _create_tables(self) -> None:
        self._session.execute(
            "CREATE TEMP TABLE staged AS SELECT 0 AS position, id, command, 0 AS template FROM job WHERE false"
        )
        self._session.execute("ALTER TABLE staged ADD PRIMARY KEY (position)")
        self._session.execute(f"CREATE TEMP TABLE template AS SELECT 0 AS template, {TEMPLATE} FROM job WHERE false")
        self._session.execute("ALTER TABLE template ADD PRIMARY KEY (template)")

    def _write(self, rows: Sequence[tuple[int, str, str, int]]) -> None:
        self._session.copy("staged (position, id, command, template)", rows)

    def _insert(self, entry: int | None) -> int:
        try:
            with self._session.transaction():
                return self._insert_all(entry)
        except _IdExistsError:
            raise self._duplicate("1 = 1") from None  # after the rollback, only other jobs are left

    def _insert_all(self, entry: int | None) -> int:
        inserted, lowest = self._insert_or_skip(entry)
        if inserted < len(self):
            raise _IdExistsError
        return lowest

    def _insert_or_skip(self, entry: int | None) -> tuple[int, int]:
        """How many were inserted, and the lowest `seq`. A small batch's jobs are placed in line by `ReadyJobs`."""
        placed = (
            f", ready_now AS ({INSERT_READY} added WHERE due = 1 ORDER BY seq),"
            f" ready_later AS ({INSERT_WAITING} added WHERE due = 0)"
        )
        row = self._session.row(
            "WITH added AS ("
            f"INSERT INTO job {self._inserted('?::bigint')} ORDER BY position"
            " ON CONFLICT DO NOTHING RETURNING seq, queue, priority, lock, due, next_run_at)"
            f"{placed if len(self) > TOLD_ONE_BY_ONE else ''} SELECT count(*), min(seq) FROM added",
            self._given(entry),
        )
        assert row is not None
        return row[0], row[1]


class _IdExistsError(Exception):
    """At least one job was not inserted."""
