"""Claiming jobs in SQLite: an index contains only due jobs, and one writer at a time claims from it."""

import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from queuectl_core.model.attempt import Claim
from queuectl_core.model.errors import WorkerNotFound
from queuectl_core.sqlite.change_log import SqliteChangeLog
from queuectl_core.sqlite.clock import SqliteClock
from queuectl_core.store.lease_jobs import COLUMNS, LeaseJobs
from queuectl_core.store.session import Session
from queuectl_core.store.turns import Turns


class SqliteClaims:
    """See Claims. Takes no lock if nothing can be claimed."""

    def __init__(
        self,
        session: Session,
        lease_jobs: LeaseJobs,
        change_log: SqliteChangeLog,
        clock: SqliteClock,
    ) -> None:
        self._session = session
        self._lease_jobs = lease_jobs
        self._change_log = change_log
        self._clock = clock
        self._turns = Turns()

    def claim(self, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
        """See Claims."""
        if limit <= 0 or not (self._session.in_transaction or self._anything_due(queues)):
            return []
        with self._session.joined():
            draining = self._session.value("SELECT draining FROM worker WHERE id = ?", (worker,))
            if draining is None:
                raise WorkerNotFound(worker)
            if draining:
                return []
            self._promote()
            rows = self._next(limit, queues)
            if not rows:
                return []
            claims = self._lease_jobs.lease(worker, [row[1:] for row in rows])
            self._turns.given(claim.queue for claim in claims)
            return claims

    def next_due(self) -> float | None:
        """See Claims."""
        if not self._any_delayed():
            return None
        self._clock.follow()
        due: float | None = self._session.value("SELECT min(next_run_at) FROM job INDEXED BY job_waiting WHERE due = 0")
        return due

    def _any_delayed(self) -> bool:
        return bool(self._session.value("SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_waiting WHERE due = 0)"))

    def _anything_due(self, queues: Sequence[str]) -> bool:
        return self._any_delayed_due() or bool(self._next(1, queues))

    def _any_delayed_due(self) -> bool:
        next_due = self.next_due()
        return next_due is not None and next_due <= time.time()

    def _promote(self) -> None:
        if self._any_delayed():
            self._session.execute("UPDATE job SET due = 1 WHERE due = 0 AND next_run_at <= ?", (self._clock.now(),))

    def _next(self, limit: int, queues: Sequence[str]) -> list[tuple[Any, ...]]:
        """The next rows of all queues, in turn; reads at most `limit` index entries per queue."""
        capacities = self._capacities(limit, queues)
        of_each = [
            rows
            for name in self._turns.order(capacities)
            if (
                rows := self._session.rows(
                    f"SELECT priority, {', '.join(COLUMNS)}, max(next_run_at, created_at)"
                    " FROM job INDEXED BY job_claimable"
                    " WHERE due = 1 AND queue = ? ORDER BY priority DESC, seq LIMIT ?",
                    (name, capacities[name]),
                )
            )
        ]
        return of_each[0] if len(of_each) == 1 else _in_turn(of_each)[:limit]

    def _capacities(self, limit: int, queues: Sequence[str]) -> dict[str, int]:
        """The queues with jobs that may start → how many: `limit`, or the remainder of the queue's own limit."""
        names = queues or self._change_log.queues()
        left = self._remaining() if self._session.value("SELECT EXISTS (SELECT 1 FROM queue)") else {}
        return {name: room for name in names if (room := min(limit, left.get(name, limit))) > 0}

    def _remaining(self) -> dict[str, int]:
        """How many jobs may start in each queue that is paused or has a concurrency limit."""
        self._change_log.flush()
        return dict[str, int](
            self._session.rows(
                "SELECT name, CASE WHEN paused THEN 0 ELSE job_limit - coalesce((SELECT jobs FROM tally"
                " WHERE tally.queue = name AND state = 'processing'), 0) END"
                " FROM queue WHERE paused OR job_limit IS NOT NULL"
            )
        )


def _in_turn(of_each: Iterable[list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """The rows of several queues, which begin with the priority: the higher ones first, then one of each queue."""
    placed = [
        ((-priority, nth), row)
        for rows in of_each
        for priority, equal in groupby(rows, itemgetter(0))
        for nth, row in enumerate(equal)
    ]
    return [row for _, row in sorted(placed, key=itemgetter(0))]
