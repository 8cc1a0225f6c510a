"""Claiming jobs in PostgreSQL: many workers at once, each skipping the jobs that others are about to take."""

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from queuectl_core.host_clock import uptime
from queuectl_core.model.attempt import Claim
from queuectl_core.model.config import NUMBERS
from queuectl_core.model.errors import WorkerNotFound
from queuectl_core.postgres.change_log import PostgresChangeLog
from queuectl_core.postgres.clock import PostgresClock
from queuectl_core.postgres.connection import TIMELINE
from queuectl_core.postgres.ready import ReadyJobs
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.config import with_defaults
from queuectl_core.store.lease_jobs import COLUMNS, LeaseJobs
from queuectl_core.store.transitions import Transitions
from queuectl_core.store.turns import Turns

log = logging.getLogger("queuectl.claims")

# With an index each: EXISTS would begin to read the table, where there may be many pages without any rows.
_ANY_READY = "SELECT min(queue) IS NOT NULL FROM ready"
_ANY_OF = (
    "SELECT EXISTS (SELECT 1 FROM unnest(?::text[]) AS q (queue)"
    " WHERE (SELECT min(rank) FROM ready WHERE ready.queue = q.queue) IS NOT NULL)"
)
_ANY_WAITING = "SELECT min(at) IS NOT NULL FROM waiting"

_QUEUES = (
    "WITH RECURSIVE name (queue) AS (SELECT min(queue) FROM ready UNION ALL"
    " SELECT (SELECT min(queue) FROM ready WHERE ready.queue > name.queue) FROM name WHERE name.queue IS NOT NULL)"
    " SELECT queue FROM name WHERE queue IS NOT NULL"
)
"""The queues with jobs that are due, with one index look-up each."""

_COUNT = (
    "SELECT q.queue, q.turn FROM unnest(?::text[], ?::int[]) WITH ORDINALITY AS q (queue, room, turn)"
    " CROSS JOIN LATERAL (SELECT rank, row_number() OVER (PARTITION BY rank ORDER BY place) AS nth FROM ("
    "SELECT rank, place FROM ready WHERE ready.queue = q.queue ORDER BY rank, place LIMIT q.room) AS line) AS h"
    " ORDER BY h.rank, h.nth, q.turn LIMIT ?"
)
"""The first of all lines together: of equal rank one of each queue, then the next of each."""

_TAKE = (
    "WITH share AS MATERIALIZED"
    f" (SELECT queue, min(turn) AS turn, count(*) AS jobs FROM ({_COUNT}) AS head GROUP BY queue),"
    " taken AS MATERIALIZED (SELECT next.*, turn FROM share CROSS JOIN LATERAL ("
    f"SELECT rank, place, {', '.join(f'job.{name}' for name in COLUMNS)}, greatest(next_run_at, created_at) AS due_at"
    " FROM ready JOIN job ON job.seq = ready.seq WHERE ready.queue = share.queue AND job.due = 1"
    " ORDER BY rank, place LIMIT share.jobs FOR UPDATE OF job, ready SKIP LOCKED) AS next),"
    " gone AS (DELETE FROM ready WHERE seq = ANY(ARRAY(SELECT seq FROM taken))),"
    " moved AS (UPDATE job SET {} FROM (SELECT seq AS taken_seq, state AS taken_state FROM taken) AS one"
    " WHERE job.seq = taken_seq AND job.state = taken_state RETURNING job.seq),"
    " begun AS (INSERT INTO attempt (outcome, worker, started_at, seq, number, due_at)"
    " SELECT 'processing', ?, ?, seq, attempt + 1, due_at FROM taken)"
    f" SELECT (SELECT count(*) FROM moved), {', '.join(COLUMNS)}, due_at FROM taken"
    " ORDER BY rank, row_number() OVER (PARTITION BY queue, rank ORDER BY place), turn"
)
"""As many jobs of each queue as are among the first of all: only jobs that are taken are locked.

A materialized CTE, because a subquery with FOR UPDATE may be run more than once, and then takes more than its LIMIT.
The row of `ready` is locked as well: if the job has left the line since the statement began, and is back in another
place or queue, it is not taken. An array, because a join with an unknown number of rows would scan all of `ready`.
"""


_CONFIG = (
    "SELECT coalesce(json_object_agg(key, value::json), '{}')::text FROM config"
    f" WHERE key = ANY('{{{','.join(NUMBERS)}}}')"
)

_CIRCUMSTANCES = (
    "WITH own AS MATERIALIZED (SELECT draining FROM worker WHERE id = ? FOR SHARE)"
    f" SELECT draining, {TIMELINE}, timeline, since = 'epoch', coalesce((SELECT max(lease) FROM presence), 0),"
    f" ({_ANY_WAITING}), EXISTS (SELECT 1 FROM queue WHERE paused = 1 OR job_limit IS NOT NULL), ARRAY({_QUEUES}),"
    f" ({_CONFIG}) FROM own CROSS JOIN generation"
)
"""What a claim must know, in one statement.

Whether the worker drains; the timeline, the known one, whether that is claimed on, and the longest lease; whether any
job waits for its time; whether any queue is paused or limited; the queues with jobs that are due; the settings as JSON.
"""


class PostgresClaims:
    """See Claims."""

    def __init__(
        self,
        session: PostgresSession,
        transitions: Transitions,
        lease_jobs: LeaseJobs,
        change_log: PostgresChangeLog,
        ready: ReadyJobs,
        clock: PostgresClock,
    ) -> None:
        self._session = session
        self._transitions = transitions
        self._lease_jobs = lease_jobs
        self._change_log = change_log
        self._ready = ready
        self._clock = clock
        self._turns = Turns()
        self._seen = ("", 0.0)
        """The last timeline on which nothing was claimed, and when this process saw it first, in boot time."""

    def claim(self, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
        """See Claims."""
        if limit <= 0 or not (self._session.in_transaction or self._anything_due(queues)):
            return []
        with self._session.joined():
            self._ready.flush()
            self._session.look_up()
            row = self._session.row(_CIRCUMSTANCES, (worker,))
            if row is None:
                raise WorkerNotFound(worker)
            draining, *generation, some_wait, some_limited, due, stored = row
            if draining or self._after_failover(*generation):
                return []
            if some_wait and self._ready.promote(self._clock.now()):
                due = [name for (name,) in self._session.rows(_QUEUES)]
            self._change_log.some_limited = some_limited
            now = time.time()
            rows = self._take(worker, now, limit, [*queues] or due, some_limited=some_limited)
            if not rows:
                return []
            config = with_defaults(json.loads(stored))
            claims = self._lease_jobs.leased(worker, [row[1:] for row in rows], now, rows[0][0], config)
            self._turns.given(claim.queue for claim in claims)
            return claims

    def next_due(self) -> float | None:
        """See Claims."""
        if not self._session.value(_ANY_WAITING):
            return None
        self._clock.follow()
        left = self._session.value("SELECT min(at) - extract(epoch FROM clock_timestamp())::float8 FROM waiting")
        return None if left is None else time.time() + left

    def _after_failover(self, timeline: str, known: str, claimed_on: bool, longest: float) -> bool:
        """Whether claims that the former server has acknowledged may be lost, while their commands still run.

        So nothing is claimed on a new timeline until a process has seen it for as long as the longest lease lasts.
        """
        if timeline == known and claimed_on:
            return False
        if timeline != known:
            log.warning("the database is on a new timeline: nothing is claimed for %d s", longest)
            self._session.execute("UPDATE generation SET timeline = ?, since = clock_timestamp()", (timeline,))
        if self._seen[0] != timeline:
            self._seen = timeline, uptime()
        if uptime() < self._seen[1] + longest:
            return True
        self._session.execute("UPDATE generation SET since = 'epoch' WHERE timeline = ?", (timeline,))
        return False

    def _anything_due(self, queues: Sequence[str]) -> bool:
        if self._session.value(_ANY_OF if queues else _ANY_READY, ([*queues],) if queues else ()):
            return True
        next_due = self.next_due()
        return next_due is not None and next_due <= time.time()

    def _take(
        self, worker: str, now: float, limit: int, queues: list[str], *, some_limited: bool
    ) -> list[tuple[Any, ...]]:
        """Rows of how many were moved in all, and what LeaseJobs needs."""
        rooms = self._rooms(limit, queues) if some_limited else dict.fromkeys(queues, limit)
        if not rooms:
            return []
        in_turn = self._turns.order(rooms)
        assignments, values = self._transitions.claim(worker, now)
        parameters = in_turn, [rooms[queue] for queue in in_turn], limit, *values, worker, now
        return self._session.rows(_TAKE.format(assignments), parameters)

    def _rooms(self, limit: int, queues: list[str]) -> dict[str, int]:
        """The queues from which jobs may start → how many.

        Locks the queues with a concurrency limit, and counts their running jobs in a later statement: so it counts what
        other workers have claimed before.
        """
        limited = self._session.rows(
            "SELECT name, CASE paused WHEN 0 THEN job_limit ELSE 0 END FROM queue"
            " WHERE (paused = 1 OR job_limit IS NOT NULL) AND name = ANY(?::text[]) ORDER BY name FOR NO KEY UPDATE",
            (queues,),
        )
        if not limited:
            return dict.fromkeys(queues, limit)
        self._change_log.flush()
        running = dict[str, int](
            self._session.rows(
                "SELECT queue, sum(jobs) FROM tally WHERE state = 'processing' AND queue = ANY(?::text[])"
                " GROUP BY queue",
                ([name for name, _ in limited],),
            )
        )
        left = {name: most - running.get(name, 0) for name, most in limited}
        return {name: room for name in queues if (room := min(limit, left.get(name, limit))) > 0}
