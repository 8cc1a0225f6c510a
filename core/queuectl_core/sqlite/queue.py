"""What people do with the queue: enqueue, cancel, retry, delete. Each is one short transaction."""

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ulid import ULID

from queuectl_core.errors import JobExists, JobNotFound, WrongState
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.jobs import Filter
from queuectl_core.sqlite.journal import Change, Journal
from queuectl_core.state import State, Verb, sources

if TYPE_CHECKING:  # a worker, which enqueues nothing, is spared pydantic's models
    from queuectl_core.new_job import NewJob

COLUMNS = (
    "id, command, queue, priority, state, due, run_at, max_retries, backoff_base, timeout, env, cwd, tags,"
    " attempt, attempts, cancelling, created_at, updated_at, next_run_at"
)

LogKey: TypeAlias = tuple[int, int]
"""A job's `seq` and its number of attempts: what `Logs.delete` needs."""


def new_row(job: "NewJob", now: float) -> tuple[Any, ...]:
    """The values of COLUMNS for a job that is enqueued now."""
    due_at = job.due_at(now)
    return (
        job.id or str(ULID()),
        job.command,
        job.queue,
        job.priority,
        State.PENDING,
        due_at <= now,
        job.run_at.timestamp() if job.run_at else None,
        job.max_retries,
        job.backoff_base,
        job.timeout,
        json.dumps(job.env) if job.env else None,
        job.cwd,
        json.dumps(job.tags) if job.tags else None,
        0,
        0,
        False,
        now,
        now,
        due_at,
    )


class Queue:
    """The verbs of the queue's users."""

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._clock = Clock(db)
        self._journal = journal

    def enqueue(self, job: "NewJob") -> str:
        """Put a job into the queue; returns its id. Raises JobExists."""
        with self._db.transaction():
            row = new_row(job, self._clock.now() if job.delay else time.time())
            try:
                self._db.execute(f"INSERT INTO job ({COLUMNS}) VALUES ({_marks(row)})", row)
            except sqlite3.IntegrityError as fault:
                raise JobExists(row[0]) from fault
            if job.tags:
                seq = self._db.value("SELECT last_insert_rowid()")
                self._db.execute_many("INSERT OR IGNORE INTO job_tag VALUES (?, ?)", [(tag, seq) for tag in job.tags])
            self._journal.record([Change(row[0], job.queue, None, State.PENDING)])
        return str(row[0])

    def cancel(self, job_id: str) -> None:
        """Stop a job: at once where it waits; where it runs its worker is asked to. Raises WrongState, JobNotFound."""
        now = time.time()
        with self._db.transaction():
            seq, queue, state, attempts, cancelling, _ = self._find(job_id)
            if state not in sources(Verb.CANCEL):
                raise WrongState(job_id, state, "it has ended already, there is nothing to cancel")
            if cancelling:
                return
            if state is State.PROCESSING:
                self._db.execute("UPDATE job SET cancelling = 1, updated_at = ? WHERE seq = ?", (now, seq))
                self._journal.record([Change(job_id, queue, state, state, attempts, cancelling=True)])
            else:
                self._db.execute(
                    "UPDATE job SET state = ?, due = NULL, next_run_at = NULL, error = 'cancelled', updated_at = ?,"
                    " finished_at = ? WHERE seq = ?",
                    (State.CANCELLED, now, now, seq),
                )
                self._journal.record([Change(job_id, queue, state, State.CANCELLED, attempts)])

    def retry(self, job_id: str, only: State | None = None) -> None:
        """Back to pending, due now, with fresh attempts. Raises WrongState, JobNotFound."""
        with self._db.transaction():
            seq, queue, state, *_ = self._find(job_id)
            if state not in sources(Verb.RETRY) or (only and state is not only):
                allowed = only or "dead, cancelled or failed"
                raise WrongState(job_id, state, f"only a job that is {allowed} can be retried")
            self._requeue([(seq, job_id, queue, state)])

    def retry_dead(self, chosen: Filter, after: int, limit: int = 500) -> list[int]:
        """Retry up to `limit` dead jobs whose `seq` is larger than `after`; returns which, in order.

        To be called again with the last one, until nothing comes back: so each job is met once, whatever it does.
        """
        with self._db.transaction():
            dead = self._dead(chosen, after, limit)
            self._requeue([(seq, job_id, queue, State.DEAD) for seq, job_id, queue, _ in dead])
        return [seq for seq, *_ in dead]

    def delete(self, job_id: str, *, force: bool = False) -> LogKey:
        """Remove a job and its history; the caller then deletes its logs. Raises WrongState, JobNotFound.

        With `force` also while it runs: its worker sees that its lease is gone, and stops the command.
        """
        with self._db.transaction():
            seq, queue, state, _, _, attempt = self._find(job_id)
            if state is State.PROCESSING and not force:
                raise WrongState(job_id, state, "cancel it first, or force its deletion")
            self._remove([(seq, job_id, queue, state)])
        return seq, attempt

    def purge_dead(self, chosen: Filter, after: int, limit: int = 500) -> list[LogKey]:
        """Remove up to `limit` dead jobs whose `seq` is larger than `after`, in order; to be called as `retry_dead`."""
        with self._db.transaction():
            dead = self._dead(chosen, after, limit)
            self._remove([(seq, job_id, queue, State.DEAD) for seq, job_id, queue, _ in dead])
        return [(seq, attempt) for seq, _, _, attempt in dead]

    def expire(self, retention: float, limit: int = 500) -> list[LogKey]:
        """Remove up to `limit` jobs that completed or were cancelled more than `retention` seconds ago."""
        with self._db.transaction():
            old = self._db.rows(
                "SELECT seq, id, queue, state, attempt FROM job INDEXED BY job_expiry"
                " WHERE state IN ('completed', 'cancelled') AND finished_at < ? LIMIT ?",
                (time.time() - retention, limit),
            )
            self._remove([(seq, job_id, queue, State(state)) for seq, job_id, queue, state, _ in old])
        return [(row[0], row[4]) for row in old]

    def _find(self, job_id: str) -> tuple[int, str, State, int, bool, int]:
        row = self._db.row("SELECT seq, queue, state, attempts, cancelling, attempt FROM job WHERE id = ?", (job_id,))
        if row is None:
            raise JobNotFound(job_id)
        return row[0], row[1], State(row[2]), row[3], bool(row[4]), row[5]

    def _dead(self, chosen: Filter, after: int, limit: int) -> list[tuple[int, str, str, int]]:
        where, parameters = chosen.sql()
        return self._db.rows(
            f"SELECT seq, id, queue, attempt FROM job WHERE {where} AND state = 'dead' AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (*parameters, after, limit),
        )

    def _requeue(self, jobs: Sequence[tuple[int, str, str, State]]) -> None:
        now = time.time()
        self._db.execute_many(
            "UPDATE job SET state = 'pending', due = 1, attempts = 0, exit_code = NULL, error = NULL, worker = NULL,"
            " next_run_at = ?, updated_at = ?, finished_at = NULL WHERE seq = ?",
            [(now, now, seq) for seq, *_ in jobs],
        )
        self._journal.record(Change(job_id, queue, state, State.PENDING) for _, job_id, queue, state in jobs)

    def _remove(self, jobs: Sequence[tuple[int, str, str, State]]) -> None:
        self._db.execute_many("DELETE FROM job WHERE seq = ?", [(seq,) for seq, *_ in jobs])
        self._journal.record(Change(job_id, queue, state, None) for _, job_id, queue, state in jobs)


def _marks(row: Sequence[Any]) -> str:
    return ", ".join("?" * len(row))
