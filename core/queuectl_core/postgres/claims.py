"""Claiming jobs in PostgreSQL: many workers at once, each skipping the jobs that others are about to take."""

import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from queuectl_core.host_clock import uptime
from queuectl_core.model.attempt import Claim
from queuectl_core.model.config import NUMBERS
from queuectl_core.model.errors import Conflict, WorkerNotFound
from queuectl_core.model.lock import Lock
from queuectl_core.postgres.change_log import PostgresChangeLog
from queuectl_core.postgres.clock import PostgresClock
from queuectl_core.postgres.connection import TIMELINE
from queuectl_core.postgres.ready import ReadyJobs
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.config import with_defaults
from queuectl_core.store.lease_jobs import COLUMNS, LeaseJobs
from queuectl_core.store.lock_lines import LineQueries, LockLines, locks_query
from queuectl_core.store.transitions import Transitions
from queuectl_core.store.turns import Row, Turns, by_turn, first_come

log = logging.getLogger("queuectl.claims")

# With an index each: EXISTS would begin to read the table, where there may be many pages without any rows.
_ANY_READY = (
    "SELECT (SELECT min(queue) FROM ready WHERE lock IS NULL) IS NOT NULL"
    " OR (SELECT min(queue) FROM ready WHERE lock IS NOT NULL) IS NOT NULL"
)
_ANY_OF = (
    "SELECT EXISTS (SELECT 1 FROM unnest(?::text[]) AS q (queue)"
    " WHERE (SELECT min(rank) FROM ready WHERE ready.queue = q.queue AND lock IS NULL) IS NOT NULL"
    " OR (SELECT min(rank) FROM ready WHERE ready.queue = q.queue AND lock IS NOT NULL) IS NOT NULL)"
)
_ANY_WAITING = "SELECT min(at) IS NOT NULL FROM waiting"
_ANY_LOCKED = "SELECT min(queue) IS NOT NULL FROM ready WHERE lock IS NOT NULL"


def _queues_where(condition: str) -> str:
    """The queues with jobs that are due, with one index look-up each."""
    return (
        f"WITH RECURSIVE name (queue) AS (SELECT min(queue) FROM ready WHERE {condition} UNION ALL"
        f" SELECT (SELECT min(queue) FROM ready WHERE {condition} AND ready.queue > name.queue) FROM name"
        " WHERE name.queue IS NOT NULL) SELECT queue FROM name WHERE queue IS NOT NULL"
    )


_QUEUES = _queues_where("lock IS NULL")
_QUEUES_WITH_LOCKS = _queues_where("lock IS NOT NULL")

_HEADS = (
    "SELECT {}, q.queue, q.turn FROM unnest(?::text[], ?::int[]) WITH ORDINALITY AS q (queue, room, turn)"
    " CROSS JOIN LATERAL (SELECT rank, place, row_number() OVER (PARTITION BY rank ORDER BY place) AS nth FROM ("
    "SELECT rank, place FROM ready WHERE ready.queue = q.queue AND lock IS NULL ORDER BY rank, place LIMIT q.room"
    ") AS line) AS h"
)
_COUNT = f"{_HEADS.format('h.rank')} ORDER BY h.rank, h.nth, q.turn LIMIT ?"
"""The first of all lines together: of equal rank one of each queue, then the next of each."""

_ROW = f"rank, place, {', '.join(f'job.{name}' for name in COLUMNS)}, greatest(next_run_at, created_at) AS due_at"

_FIRST = (
    f"WITH share AS MATERIALIZED (SELECT queue, min(turn) AS turn, count(*) AS jobs FROM ({_COUNT}) AS head"
    " GROUP BY queue), taken AS MATERIALIZED (SELECT next.*, turn FROM share CROSS JOIN LATERAL ("
    f"SELECT {_ROW} FROM ready JOIN job ON job.seq = ready.seq"
    " WHERE ready.queue = share.queue AND ready.lock IS NULL AND job.due = 1"
    " ORDER BY rank, place LIMIT share.jobs FOR UPDATE OF job, ready SKIP LOCKED) AS next)"
)
"""As many jobs without locks of each queue as are among the first of all: only jobs that are taken are locked.

A materialized CTE, because a subquery with FOR UPDATE may be run more than once, and then takes more than its LIMIT.
The row of `ready` is locked as well: if the job has left the line since the statement began, and is back in another
place or queue, it is not taken.
"""

_CHOSEN = (
    f"WITH taken AS MATERIALIZED (SELECT {_ROW}, 0 AS turn"
    " FROM unnest(?::bigint[], ?::text[], ?::text[]) AS chosen (seq, queue, lock)"
    " JOIN ready ON ready.seq = chosen.seq AND ready.queue = chosen.queue AND ready.lock = chosen.lock"
    " JOIN job ON job.seq = ready.seq WHERE job.due = 1 FOR UPDATE OF job, ready SKIP LOCKED)"
)
"""Jobs with locks that were chosen before, if they still are in that queue and need that lock."""

_TAKE = (
    "{}, gone AS (DELETE FROM ready WHERE seq = ANY(ARRAY(SELECT seq FROM taken))),"
    " moved AS (UPDATE job SET {} FROM (SELECT seq AS taken_seq, state AS taken_state FROM taken) AS one"
    " WHERE job.seq = taken_seq AND job.state = taken_state RETURNING job.seq),"
    " begun AS (INSERT INTO attempt (outcome, worker, started_at, seq, number, due_at)"
    " SELECT 'processing', ?, ?, seq, attempt + 1, due_at FROM taken)"
    f" SELECT (SELECT count(*) FROM moved), {', '.join(COLUMNS)}, due_at FROM taken"
    " ORDER BY rank, row_number() OVER (PARTITION BY queue, rank ORDER BY place), turn"
)
"""An array, because a join with an unknown number of rows would scan all of `ready`."""

_WITH_LOCK = "ready WHERE lock IS NOT NULL AND queue = :queue"

LINES = LineQueries(
    ranks=f"SELECT rank FROM {_WITH_LOCK} AND rank > :rank ORDER BY rank LIMIT 1",
    locks=locks_query(f"{_WITH_LOCK} AND rank = :rank"),
    jobs=f"SELECT rank, place, lock, queue, seq FROM {_WITH_LOCK} AND rank = :rank AND lock = :lock"
    " ORDER BY place LIMIT :most",
)

_EXCLUDE = "SELECT pg_advisory_xact_lock(hashtextextended(key, 1)) FROM unnest(?::text[]) AS key"
"""Other claims of these keys wait until the end of this transaction."""

_CONFIG = (
    "SELECT coalesce(json_object_agg(key, value::json), '{}')::text FROM config"
    f" WHERE key = ANY('{{{','.join(NUMBERS)}}}')"
)

_CIRCUMSTANCES = (
    "WITH own AS MATERIALIZED (SELECT draining FROM worker WHERE id = ? FOR SHARE)"
    f" SELECT draining, {TIMELINE}, timeline, since = 'epoch', coalesce((SELECT max(lease) FROM presence), 0),"
    f" ({_ANY_WAITING}), EXISTS (SELECT 1 FROM queue WHERE paused = 1 OR job_limit IS NOT NULL),"
    f" ({_ANY_LOCKED}), ARRAY({_QUEUES}),"
    f" ({_CONFIG}) FROM own CROSS JOIN generation"
)
"""What a claim must know, in one statement.

Whether the worker drains; the timeline, the known one, whether that is claimed on, and the longest lease; whether any
job waits for its time; whether any queue is paused or limited; whether any due job has a lock; the queues with due jobs
without one; the settings as JSON.
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
        self._lock_lines = LockLines(session, LINES)
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
            draining, *generation, some_wait, some_limited, some_locked, due, stored = row
            if draining or self._after_failover(*generation):
                return []
            if some_wait and self._ready.promote(self._clock.now()):
                due = [name for (name,) in self._session.rows(_QUEUES)]
                some_locked = self._session.value(_ANY_LOCKED)
            if some_locked:
                due = {*due, *(name for (name,) in self._session.rows(_QUEUES_WITH_LOCKS))}
            self._change_log.some_held_up = some_limited or some_locked
            now = time.time()
            names = [*queues] or [*due]
            rooms = self._rooms(limit, names) if some_limited else dict.fromkeys(names, limit)
            rows = self._take(worker, now, limit, rooms, some_locked=some_locked) if rooms else []
            if not rows:
                return []
            config = with_defaults(json.loads(stored))
            claims = self._lease_jobs.leased(worker, [row[1:] for row in rows], now, len(rows), config)
            for claim in claims:
                self._turns.given(claim.queue)
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
        self, worker: str, now: float, limit: int, rooms: dict[str, int], *, some_locked: bool
    ) -> list[tuple[Any, ...]]:
        """Rows of how many were moved with them, and what LeaseJobs needs."""
        order = self._turns.order(rooms)
        chosen: list[Row] = []
        if some_locked:
            rooms, chosen = self._choose(limit, rooms, order)
        rows = []
        if any(rooms.values()):
            rows = self._move(worker, now, _FIRST, order, [rooms.get(queue, 0) for queue in order], limit - len(chosen))
        if chosen:
            queues, seqs, locks = ([row[place] for row in chosen] for place in (3, 4, 2))
            rows += self._move(worker, now, _CHOSEN, seqs, queues, locks)
        return rows

    def _move(self, worker: str, now: float, taken: str, *parameters: Any) -> list[tuple[Any, ...]]:
        assignments, values = self._transitions.claim(worker, now)
        rows = self._session.rows(_TAKE.format(taken, assignments), (*parameters, *values, worker, now))
        if rows and rows[0][0] != len(rows):  # the statement has not locked their rows
            raise Conflict(f"{len(rows) - rows[0][0]} jobs were changed by another transaction meanwhile: try again")
        return rows

    def _choose(self, limit: int, rooms: dict[str, int], order: list[str]) -> tuple[dict[str, int], list[Row]]:
        """How many jobs without locks may be taken from each queue, and the jobs with locks.

        Excludes other claims of those locks, and counts what holds them in a later statement: so it counts what other
        workers have claimed before.
        """
        held = self._lock_lines.held()
        without: dict[str, list[Row]] = {queue: [] for queue in order}
        heads = _HEADS.format("h.rank, h.place, NULL")
        for row in self._session.rows(f"{heads} ORDER BY h.rank, h.place", (order, [rooms[name] for name in order])):
            without[row[3]].append(row)
        of_each = [
            first_come(without[queue], self._lock_lines.rows(queue, rooms[queue], held))[: rooms[queue]]
            for queue in order
        ]
        first = held.taken(by_turn(of_each))[:limit]
        keys = sorted({Lock.read(row[2]).key for row in first if row[2]})
        if keys:
            self._session.rows(_EXCLUDE, (keys,))
            first = self._lock_lines.held(keys).taken(first)
        for row in first:
            self._lock_lines.given(row[3], row)
        return Counter(row[3] for row in first if row[2] is None), [row for row in first if row[2]]

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
