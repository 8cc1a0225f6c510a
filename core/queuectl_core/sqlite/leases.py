"""What workers do with the queue: claim, report, hand back; and what is done for those that are gone."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from queuectl_core.attempt import UNSEEN, Claim, Ended, Lease, Outcome, Printed, Used
from queuectl_core.backoff import Backoff
from queuectl_core.errors import WorkerNotFound
from queuectl_core.failure import failure
from queuectl_core.limits import effective
from queuectl_core.output_tail import last_line, output_tail
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.config import Config
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Change, Journal
from queuectl_core.state import State

log = logging.getLogger("queuectl.leases")

HELD = "seq = ? AND attempt = ? AND worker = ? AND state = 'processing'"

STOPPING = "handed back by its worker, which was stopping"


@dataclass(frozen=True, slots=True)
class _Held:
    """What is to be known of a job under a lease that is still good, where the attempt did not succeed."""

    attempts: int
    cancelling: bool
    max_retries: int | None
    backoff_base: float | None


class Leases:
    """The verbs of workers. Several may share one transaction."""

    def __init__(self, db: Database, journal: Journal, config: Config) -> None:
        self._db = db
        self._clock = Clock(db)
        self._journal = journal
        self._config = config

    def claim(self, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
        """Up to `limit` leases on what is due: higher priority first, then first come, first served.

        `queues` restricts from where; empty: from all. A queue that is paused gives nothing, one with a limit no more
        than that leaves free. Takes no lock where nothing can be claimed. A worker that is to drain gets none.
        Raises WorkerNotFound where it is not registered (any more): a lease that hangs on nothing would never expire.
        """
        if limit <= 0 or not (self._db.in_transaction or self._anything_due(queues)):
            return []
        with self._db.joined():
            draining = self._db.value("SELECT draining FROM worker WHERE id = ?", (worker,))
            if draining is None:
                raise WorkerNotFound(worker)
            if draining:
                return []
            self._promote()
            rows = self._next(limit, queues)
            return self._lease(worker, rows) if rows else []

    def next_due(self) -> float | None:
        """When the next job that waits for its time is due, in seconds since the epoch."""
        if not self._any_wait():
            return None
        self._clock.follow()
        due: float | None = self._db.value("SELECT min(next_run_at) FROM job INDEXED BY job_waiting WHERE due = 0")
        return due

    def _any_wait(self) -> bool:
        return bool(self._db.value("SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_waiting WHERE due = 0)"))

    def _anything_due(self, queues: Sequence[str]) -> bool:
        return self._waited_long_enough() or bool(self._next(1, queues))

    def _waited_long_enough(self) -> bool:
        next_due = self.next_due()
        return next_due is not None and next_due <= time.time()

    def _promote(self) -> None:
        if self._any_wait():
            self._db.execute("UPDATE job SET due = 1 WHERE due = 0 AND next_run_at <= ?", (self._clock.now(),))

    def _next(self, limit: int, queues: Sequence[str]) -> list[tuple[Any, ...]]:
        """The next rows of each queue, merged: one walk of the index for each queue, `limit` steps long at most."""
        of_each = (
            self._db.rows(
                "SELECT priority, seq, id, queue, command, env, cwd, timeout, state, attempt, attempts,"
                " max(next_run_at, created_at), limits, sandbox"
                " FROM job INDEXED BY job_claimable WHERE due = 1 AND queue = ? ORDER BY priority DESC, seq LIMIT ?",
                (name, room),
            )
            for name, room in self._rooms(limit, queues).items()
        )
        return sorted(chain.from_iterable(of_each), key=lambda row: (-row[0], row[1]))[:limit]

    def _rooms(self, limit: int, queues: Sequence[str]) -> dict[str, int]:
        """The queues whose jobs may begin → how many: `limit`, or what is left of the queue's own one."""
        names = queues or self._journal.queues()
        left = self._left() if self._db.value("SELECT EXISTS (SELECT 1 FROM queue)") else {}
        return {name: room for name in names if (room := min(limit, left.get(name, limit))) > 0}

    def _left(self) -> dict[str, int]:
        """How many jobs may begin, by queue, where that is limited."""
        self._journal.write()
        return dict[str, int](
            self._db.rows(
                "SELECT name, CASE WHEN paused THEN 0 ELSE job_limit - coalesce((SELECT jobs FROM tally"
                " WHERE tally.queue = name AND state = 'processing'), 0) END"
                " FROM queue WHERE paused OR job_limit IS NOT NULL"
            )
        )

    def _lease(self, worker: str, rows: Sequence[tuple[Any, ...]]) -> list[Claim]:
        now = time.time()
        config = self._config.numbers()
        limits_of_all = effective({}, config)
        self._db.execute_many(
            "UPDATE job SET state = 'processing', due = NULL, attempt = attempt + 1, attempts = attempts + 1,"
            " worker = ?, exit_code = NULL, error = NULL, started_at = ?, updated_at = ?, next_run_at = NULL"
            " WHERE seq = ?",
            [(worker, now, now, row[1]) for row in rows],
        )
        self._db.execute_many(
            "INSERT INTO attempt (seq, number, outcome, worker, started_at, due_at)"
            " VALUES (?, ?, 'processing', ?, ?, ?)",
            [(row[1], row[9] + 1, worker, now, row[11]) for row in rows],
        )
        self._journal.record(
            Change(row[2], row[3], State(row[8]), State.PROCESSING, row[10] + 1, waited=now - row[11]) for row in rows
        )
        return [
            Claim(
                lease=Lease(seq, attempt + 1, worker),
                job_id=job_id,
                queue=queue,
                command=command,
                env=json.loads(env) if env else {},
                cwd=cwd,
                timeout=own_timeout or config["timeout"] or None,
                limits=effective(json.loads(limits), config) if limits else limits_of_all,
                sandbox=bool(sandbox or config["sandbox"]),
                log_max_bytes=int(config["log-max-bytes"]),
                leftover_grace=config["leftover-grace"],
                started_at=now,
            )
            for _, seq, job_id, queue, command, env, cwd, own_timeout, _, attempt, _, _, limits, sandbox in rows
        ]

    def held(self, worker: str) -> dict[Lease, bool]:
        """The leases that `worker` still has → whether a person asked to stop that job."""
        rows = self._db.rows(
            "SELECT seq, attempt, cancelling FROM job INDEXED BY job_state WHERE state = 'processing' AND worker = ?",
            (worker,),
        )
        return {Lease(seq, attempt, worker): bool(cancelling) for seq, attempt, cancelling in rows}

    def complete(self, lease: Lease, ended: Ended) -> bool:
        """The command succeeded. False, and nothing changed, where the lease is no longer good."""
        with self._db.joined():
            return self._end(lease, State.COMPLETED, Outcome.COMPLETED, ended)

    def fail(self, lease: Lease, ended: Ended, outcome: Outcome = Outcome.FAILED) -> bool:
        """The attempt failed: the job waits for the next one, or is dead, or cancelled where that was asked for.

        False, and nothing changed, where the lease is no longer good.
        """
        with self._db.joined():
            held = self._held(lease)
            if held is None:
                return _refused(lease)
            if held.cancelling:
                return self._end(lease, State.CANCELLED, Outcome.CANCELLED, ended)
            values = self._config.numbers()
            retries = values["max-retries"] if held.max_retries is None else held.max_retries
            if held.attempts > retries:
                return self._end(lease, State.DEAD, outcome, ended)
            base = values["backoff-base"] if held.backoff_base is None else held.backoff_base
            backoff = Backoff(base, values["backoff-max"], values["backoff-jitter"])
            return self._end(lease, State.FAILED, outcome, ended, wait=backoff.delay(held.attempts))

    def release(self, lease: Lease, printed: Printed, reason: str = STOPPING, used: Used = UNSEEN) -> bool:
        """Hand a job back unfinished, without using up an attempt. False where the lease is no longer good."""
        with self._db.joined():
            held = self._held(lease)
            if held is None:
                return _refused(lease)
            if held.cancelling:
                ended = Ended(None, "cancelled", printed, used)
                return self._end(lease, State.CANCELLED, Outcome.CANCELLED, ended)
            self._end(lease, State.PENDING, Outcome.RELEASED, Ended(None, reason, printed, used), wait=0.0)
            self._db.execute("UPDATE job SET attempts = attempts - 1, error = NULL WHERE seq = ?", (lease.seq,))
            return True

    def _held(self, lease: Lease) -> _Held | None:
        row = self._db.row(
            f"SELECT attempts, cancelling, max_retries, backoff_base FROM job WHERE {HELD}",
            (lease.seq, lease.attempt, lease.worker),
        )
        return _Held(row[0], bool(row[1]), row[2], row[3]) if row else None

    def _end(self, lease: Lease, state: State, outcome: Outcome, ended: Ended, wait: float | None = None) -> bool:
        """Close the attempt and move the job on; `wait`: seconds until it is due again, None: never.

        False, and nothing changed, where the lease is no longer good.
        """
        now = self._clock.now() if wait else time.time()
        jobs = self._db.rows(
            "UPDATE job SET state = ?, due = ?, cancelling = 0, exit_code = ?, error = ?,"
            f" updated_at = ?, finished_at = ?, next_run_at = ? WHERE {HELD} RETURNING id, queue, attempts, started_at",
            (
                state,
                None if wait is None else wait <= 0,
                ended.exit_code,
                ended.error,
                now,
                now if wait is None else None,
                None if wait is None else now + wait,
                lease.seq,
                lease.attempt,
                lease.worker,
            ),
        )
        if not jobs:
            return _refused(lease)
        self._db.execute(
            "UPDATE attempt SET outcome = ?, ended_at = ?, exit_code = ?, error = ?, output_bytes = ?, cpu_seconds = ?,"
            " memory_bytes = ?, output = ?, output_tail = ?, note = ? WHERE seq = ? AND number = ?",
            (
                outcome,
                now,
                ended.exit_code,
                ended.error,
                ended.printed.size,
                ended.used.cpu_seconds,
                ended.used.memory_bytes,
                ended.printed.whole,
                _tail(ended.printed),
                ended.note,
                lease.seq,
                lease.attempt,
            ),
        )
        if state is State.DEAD:
            self._name_failure(lease, ended)
        [(job_id, queue, attempts, started_at)] = jobs
        released = outcome is Outcome.RELEASED
        ran = None if released else now - started_at
        self._journal.record([Change(job_id, queue, State.PROCESSING, state, attempts - released, ran=ran)])
        return True

    def _name_failure(self, lease: Lease, ended: Ended) -> None:
        command = self._db.value("SELECT command FROM job WHERE seq = ?", (lease.seq,))
        self._db.execute(
            "UPDATE job SET failure = ? WHERE seq = ?",
            (failure(command, _cause(ended), lease.worker), lease.seq),
        )


def _tail(printed: Printed) -> str | None:
    """What is kept of the end: nothing where all of it is, unless it holds a NUL: a search would end there."""
    if printed.tail or (printed.whole and b"\0" in printed.whole):
        return _end_of(printed)
    return None


def _end_of(printed: Printed) -> str:
    if printed.whole is not None:
        return output_tail(printed.whole)
    return output_tail(printed.tail, cut=printed.size is None or printed.size > len(printed.tail))


def _cause(ended: Ended) -> str | None:
    """What an attempt died of. An exit status is no cause, but the last line may name one."""
    if not ended.error or not ended.error.startswith("exit status "):
        return ended.error
    line = last_line(_end_of(ended.printed))
    return f"{ended.error}: {line}" if line else ended.error


def _refused(lease: Lease) -> bool:
    log.warning("report refused: %s no longer holds attempt %d of job #%d", lease.worker, lease.attempt, lease.seq)
    return False
