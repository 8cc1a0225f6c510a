"""Claiming jobs in SQLite: an index contains only due jobs, and one writer at a time claims from it."""

import time
from collections.abc import Sequence

from queuectl_core.model.attempt import Claim
from queuectl_core.model.errors import WorkerNotFound
from queuectl_core.sqlite.change_log import SqliteChangeLog
from queuectl_core.sqlite.clock import SqliteClock
from queuectl_core.store.lease_jobs import COLUMNS, LeaseJobs
from queuectl_core.store.lock_lines import HeldLocks, LineQueries, LockLines, locks_query
from queuectl_core.store.session import Session
from queuectl_core.store.turns import Row, Turns, by_turn, first_come

_ROW = f"-priority, seq, lock, {', '.join(COLUMNS)}, max(next_run_at, created_at)"
_WITH_LOCK = "job INDEXED BY job_locked WHERE due = 1 AND lock IS NOT NULL AND queue = :queue"

WITHOUT_LOCK = (
    f"SELECT {_ROW} FROM job INDEXED BY job_claimable"
    " WHERE due = 1 AND lock IS NULL AND queue = ? ORDER BY priority DESC, seq LIMIT ?"
)

ANY_LOCKED = "SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_locked WHERE due = 1 AND lock IS NOT NULL)"

LINES = LineQueries(
    ranks=f"SELECT -priority FROM {_WITH_LOCK} AND priority < -:rank ORDER BY priority DESC LIMIT 1",
    locks=locks_query(f"{_WITH_LOCK} AND priority = -:rank"),
    jobs=f"SELECT {_ROW} FROM {_WITH_LOCK} AND priority = -:rank AND lock = :lock ORDER BY seq LIMIT :most",
)


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
        self._lock_lines = LockLines(session, LINES)

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
            return self._lease(worker, limit, queues)

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

    def _lease(self, worker: str, limit: int, queues: Sequence[str]) -> list[Claim]:
        """Up to `limit` jobs. With locks perhaps in several rounds: a job may hold up another one of the same round."""
        claims: list[Claim] = []
        while rows := self._next(limit - len(claims), queues):
            found = self._lease_jobs.lease(worker, [row[3:] for row in rows])
            for row, claim in zip(rows, found, strict=True):
                self._turns.given(claim.queue)
                self._lock_lines.given(claim.queue, row)
            claims += found
            if len(claims) == limit or all(row[2] is None for row in rows):
                break
        return claims

    def _next(self, limit: int, queues: Sequence[str]) -> list[Row]:
        """The next jobs of all queues, in turn; reads up to `limit` index entries of each, and one per busy lock."""
        capacities = self._capacities(limit, queues)
        held = self._lock_lines.held() if self._some_locked() else None
        of_each = [
            rows for name in self._turns.order(capacities) if (rows := self._first(name, capacities[name], held))
        ]
        if len(of_each) == 1 and held is None:
            return of_each[0]
        rows = by_turn(of_each)
        return (rows if held is None else held.taken(rows))[:limit]

    def _first(self, queue: str, room: int, held: HeldLocks | None) -> list[Row]:
        """The first jobs of a queue, with and without locks."""
        rows = self._session.rows(WITHOUT_LOCK, (queue, room))
        return rows if held is None else first_come(rows, self._lock_lines.rows(queue, room, held))[:room]

    def _some_locked(self) -> bool:
        return bool(self._session.value(ANY_LOCKED))

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
