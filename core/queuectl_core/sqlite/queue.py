"""What people do with the queue: enqueue, edit, cancel, retry, delete. Each is one short transaction."""

import json
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from ulid import ULID, base32

from queuectl_core.errors import JobExists, JobNotFound, WrongState
from queuectl_core.sqlite.allowed import AllowedCommands
from queuectl_core.sqlite.arrival import Arrivals
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.config import Config
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Change, Journal
from queuectl_core.state import State, Verb, sources

if TYPE_CHECKING:  # a worker, which enqueues nothing, is spared pydantic's models
    from queuectl_core.new_job import JobChange, JobFields, NewJob

COLUMNS = (
    "id, state, due, run_at, attempt, attempts, cancelling, created_at, updated_at, next_run_at,"
    " command, queue, priority, max_retries, backoff_base, timeout, env, cwd, tags,"
    " limits, sandbox"
)

LAST_SIGNS = [first + second for first, second in product(base32.ENCODE, repeat=2)]

LogKey: TypeAlias = tuple[int, int]
"""A job's `seq` and its number of attempts: what `Logs.delete` needs."""


def new_row(job: "NewJob", now: float) -> tuple[Any, ...]:
    """The values of COLUMNS for a job that is enqueued now."""
    due_at = job.due_at(now)
    return (
        job.id or str(ULID()),
        State.PENDING,
        due_at <= now,
        _seconds(job.run_at),
        0,
        0,
        False,
        now,
        now,
        due_at,
        *_settings(job).values(),
    )


def new_ids(count: int) -> list[str]:
    """ULIDs, each greater than the one before. Of a thousand, just the last two of their 26 signs differ."""
    now = int(time.time() * 1000).to_bytes(6)
    # Not ULID(): that counts on from the one before, and so into the thousand.
    starts = sorted(str(ULID.from_bytes(now + os.urandom(10)))[:-2] for _ in range(0, count, len(LAST_SIGNS)))
    return [start + end for start in starts for end in LAST_SIGNS][:count]


def _settings(job: "JobFields") -> dict[str, Any]:
    """What a person set, as it is kept, by column."""
    return {
        "command": job.command,
        "queue": job.queue,
        "priority": job.priority,
        "max_retries": job.max_retries,
        "backoff_base": job.backoff_base,
        "timeout": job.timeout,
        "env": _json(job.env),
        "cwd": job.cwd,
        "tags": _json(job.tags),
        "limits": _json(job.limits.model_dump(exclude_none=True)) if job.limits else None,
        "sandbox": job.sandbox,
    }


def _json(value: dict[str, Any] | list[str]) -> str | None:
    return json.dumps(value) if value else None


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


@dataclass(frozen=True, slots=True)
class Found:
    """A job, as far as the verbs need to know it; the columns of FOUND."""

    seq: int
    id: str
    queue: str
    state: State
    attempts: int
    cancelling: bool
    attempt: int

    @property
    def log_key(self) -> LogKey:
        """What its logs are found by."""
        return self.seq, self.attempt


FOUND = "seq, id, queue, state, attempts, cancelling, attempt"


def found(row: tuple[Any, ...]) -> Found:
    """Of the values of FOUND."""
    seq, job_id, queue, state, attempts, cancelling, attempt = row
    return Found(seq, job_id, queue, State(state), attempts, bool(cancelling), attempt)


class Queue:
    """The verbs of the queue's users."""

    def __init__(self, db: Database, journal: Journal, config: Config) -> None:
        self._db = db
        self._config = config
        self._clock = Clock(db)
        self._arrivals = Arrivals(db)
        self._allowed = AllowedCommands(db)
        self._journal = journal

    def enqueue(self, job: "NewJob", *, optional_cwd: bool = False) -> str:
        """Put a job into the queue; returns its id. Raises JobExists, CommandNotAllowed.

        `optional_cwd`: its `cwd` is left out where it runs in a sandbox, or its queue takes no job with one.
        """
        with self._db.joined():
            if optional_cwd and job.cwd is not None and not self._takes_cwd(job):
                job = job.model_copy(update={"cwd": None})
            now = self._clock.now() if job.delay else time.time()
            row = new_row(job, now)
            self._allowed.check_new(job.queue, job.command, surrounded=bool(job.env) or job.cwd is not None)
            try:
                [(seq,)] = self._db.rows(f"INSERT INTO job ({COLUMNS}) VALUES ({marks(row)}) RETURNING seq", row)
            except sqlite3.IntegrityError as fault:
                raise JobExists(row[0]) from fault
            self._arrivals.note(now, seq)
            self._tag(seq, job.tags)
            self._journal.record([Change(row[0], job.queue, None, State.PENDING)])
        return str(row[0])

    def _takes_cwd(self, job: "NewJob") -> bool:
        sandbox = job.sandbox or self._config.numbers()["sandbox"]
        return not sandbox and self._allowed.takes_surrounded(job.queue)

    def edit(self, job_id: str, new: "JobChange") -> None:
        """Change what is given of a job that waits. Raises WrongState, JobNotFound, CommandNotAllowed.

        One that failed keeps the time of its next attempt, unless another one is given.
        """
        with self._db.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.EDIT):
                raise WrongState(job_id, job.state, "only a job that waits (pending or failed) can be changed")
            given = new.model_fields_set
            if not given:
                return
            now = self._clock.now() if new.delay else time.time()
            columns = {name: value for name, value in _settings(new).items() if name in given} | {"updated_at": now}
            if given & {"run_at", "delay"}:
                due_at = new.due_at(now)
                columns |= {"run_at": _seconds(new.run_at), "due": due_at <= now, "next_run_at": due_at}
            assignments = ", ".join(f"{name} = ?" for name in columns)
            self._db.execute(f"UPDATE job SET {assignments} WHERE seq = ?", (*columns.values(), job.seq))
            if given & {"command", "queue", "env", "cwd"}:
                self._allowed.check(job.seq)
            if "tags" in given:
                self._db.execute("DELETE FROM job_tag WHERE seq = ?", (job.seq,))
                self._tag(job.seq, new.tags)
            queue = columns.get("queue", job.queue)
            self._journal.record([Change(job_id, queue, job.state, job.state, job.attempts, came_from=job.queue)])

    def cancel(self, job_id: str) -> None:
        """Stop a job: at once where it waits; where it runs its worker is asked to. Raises WrongState, JobNotFound."""
        with self._db.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.CANCEL):
                raise WrongState(job_id, job.state, "it has ended already, there is nothing to cancel")
            if not job.cancelling:
                self.stop([job])

    def retry(self, job_id: str, only: State | None = None) -> None:
        """Back to pending, due now, with fresh attempts. Raises WrongState, JobNotFound, CommandNotAllowed."""
        with self._db.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.RETRY) or (only and job.state is not only):
                allowed = only or "dead, cancelled or failed"
                raise WrongState(job_id, job.state, f"only a job that is {allowed} can be retried")
            self._allowed.check(job.seq)
            self.requeue([job])

    def delete(self, job_id: str, *, force: bool = False) -> LogKey:
        """Remove a job and its history; the caller then deletes its logs. Raises WrongState, JobNotFound.

        With `force` also while it runs: its worker sees that its lease is gone, and stops the command.
        """
        with self._db.transaction():
            job = self._find(job_id)
            if job.state is State.PROCESSING and not force:
                raise WrongState(job_id, job.state, "cancel it first, or force its deletion")
            self.remove([job])
        return job.log_key

    def expire(self, retention: float, limit: int = 500) -> list[LogKey]:
        """Remove up to `limit` jobs that completed or were cancelled more than `retention` seconds ago."""
        with self._db.transaction():
            rows = self._db.rows(
                f"SELECT {FOUND} FROM job INDEXED BY job_finished"
                " WHERE state IN ('completed', 'cancelled') AND finished_at < ? LIMIT ?",
                (time.time() - retention, limit),
            )
            old = [found(row) for row in rows]
            self.remove(old)
        return [job.log_key for job in old]

    # What is done with jobs that were found to be in the right state, inside the transaction that found them

    def stop(self, jobs: Sequence[Found]) -> None:
        """Cancel those that wait; of those that run, ask the workers."""
        now = time.time()
        self._db.execute_many(
            "UPDATE job SET cancelling = 1, updated_at = ? WHERE seq = ?",
            [(now, job.seq) for job in jobs if job.state is State.PROCESSING],
        )
        self._db.execute_many(
            "UPDATE job SET state = 'cancelled', due = NULL, next_run_at = NULL, error = 'cancelled', updated_at = ?,"
            " finished_at = ? WHERE seq = ?",
            [(now, now, job.seq) for job in jobs if job.state is not State.PROCESSING],
        )
        self._journal.record(
            Change(job.id, job.queue, job.state, job.state, job.attempts, cancelling=True)
            if job.state is State.PROCESSING
            else Change(job.id, job.queue, job.state, State.CANCELLED, job.attempts)
            for job in jobs
        )

    def requeue(self, jobs: Sequence[Found]) -> None:
        """Back to pending, with fresh attempts."""
        now = time.time()
        self._db.execute_many(
            "UPDATE job SET state = 'pending', due = 1, attempts = 0, exit_code = NULL, error = NULL, failure = NULL,"
            " worker = NULL, next_run_at = ?, updated_at = ?, finished_at = NULL WHERE seq = ?",
            [(now, now, job.seq) for job in jobs],
        )
        self._journal.record(Change(job.id, job.queue, job.state, State.PENDING) for job in jobs)

    def remove(self, jobs: Sequence[Found]) -> None:
        """Gone, with history."""
        self._db.execute_many("DELETE FROM job WHERE seq = ?", [(job.seq,) for job in jobs])
        self._journal.record(Change(job.id, job.queue, job.state, None) for job in jobs)

    def _find(self, job_id: str) -> Found:
        row = self._db.row(f"SELECT {FOUND} FROM job WHERE id = ?", (job_id,))
        if row is None:
            raise JobNotFound(job_id)
        return found(row)

    def _tag(self, seq: int, tags: Sequence[str]) -> None:
        if tags:
            self._db.execute_many("INSERT OR IGNORE INTO job_tag VALUES (?, ?)", [(tag, seq) for tag in tags])


def marks(row: Sequence[Any]) -> str:
    """A mark for each of its values, as they stand in a statement."""
    return ", ".join("?" * len(row))
