"""`python -m tests.million DATA_DIR [N]`: generates a queue that looks as if used for 30 days, for measurements.

Creates N jobs (1,000,000) in all states, with attempts, tags, queues and series. Their commands do nothing, in case a
worker runs them. Jobs that are `processing` belong to no worker and never end.
"""

import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from queuectl_core.model.failure import failure
from queuectl_core.model.series import histogram_step
from queuectl_core.model.state import State
from tests.running import migrate

DAYS = 30
CHUNK = 10_000
QUEUES = {"default": 60, "media": 25, "mail": 10, "reports": 4, "gpu": 1}
TAGS = {"nightly": 0.2, "customer": 0.05, "urgent": 0.01, "rare": 0.0001}
PROGRAMS = ("convert", "ffmpeg", "pdftotext", "resize", "transcode", "import", "export", "index", "mail", "sync")
OPTIONS = ("-o", "--fast", "--slow", "-q 5", "--size=100x200", "--lang en", "--lang de", "-v", "--dry-run", "--all")
SUFFIXES = ("png", "mov")
COMMANDS = [
    f": {program} /in/{{n}}.{suffix} {option} /out/{{n}}"
    for program in PROGRAMS
    for option in OPTIONS
    for suffix in SUFFIXES
]
FAILURES = ("exit status 1", "exit status 3", "exit status 127", "killed by SIGKILL", "timed out after 60 s", None)
"""Errors of failed attempts; None: the worker was lost."""
WORKERS = ("build1-4k2x", "build1-9fzt", "build2-h3mq")
ENDED = ((State.COMPLETED, 984), (State.CANCELLED, 10), (State.DEAD, 6))
WAITING = 0.01


class Attempt(NamedTuple):
    """A row of the table `attempt`."""

    seq: int
    number: int
    outcome: str
    worker: str
    started_at: float
    ended_at: float | None
    exit_code: int | None
    error: str | None
    output_bytes: int | None
    due_at: float | None


class JobGenerator:
    """Generates rows of `job`, with their attempts and tags."""

    def __init__(self, count: int, now: float, waiting: float) -> None:
        self.count, self.now, self.waiting = count, now, waiting
        self.random_source = random.Random(5)
        self.attempts: list[Attempt] = []
        self.tags: list[tuple[str, int]] = []

    def rows(self, seqs: range) -> Iterator[dict[str, Any]]:
        """Jobs with these numbers; the newest one was enqueued just now, and the newest share `waiting` has not run."""
        for seq in seqs:
            created = self.now - (self.count - seq) * DAYS * 86_400 / self.count - 1
            tags = [tag for tag, share in TAGS.items() if self.random_source.random() < share]
            self.tags += [(tag, seq) for tag in tags]
            [queue] = self.random_source.choices(list(QUEUES), list(QUEUES.values()))
            yield {
                "seq": seq,
                "id": f"job{seq:08}",
                "command": self.random_source.choice(COMMANDS).format(n=seq),
                "queue": queue,
                "priority": 0,
                "tags": json.dumps(tags) if tags else None,
                "cancelling": False,
                "created_at": created,
                **self._state_columns(seq, created),
            }

    def _state_columns(self, seq: int, created: float) -> dict[str, Any]:
        if seq > self.count * (1 - self.waiting):
            return self._waiting(seq, created)
        [state] = self.random_source.choices([state for state, _ in ENDED], [share for _, share in ENDED])
        if state is State.CANCELLED:
            return {"state": state, "error": "cancelled", "finished_at": created + 5, "updated_at": created + 5}
        tries = 4 if state is State.DEAD else self.random_source.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 2))
        return self._run(seq, created, state, tries)

    def _waiting(self, seq: int, created: float) -> dict[str, Any]:
        if seq > self.count - 8:
            return self._run(seq, created, State.PROCESSING, 1)
        if seq % 20 == 0:
            return self._run(seq, created, State.FAILED, 2) | {"due": False, "next_run_at": self.now + 3600}
        due = seq % 2 == 0
        return {
            "state": State.PENDING,
            "due": due,
            "next_run_at": created if due else self.now + 86_400,
            "updated_at": created,
        }

    def _run(self, seq: int, created: float, state: State, tries: int) -> dict[str, Any]:
        """The columns of a job after `tries` attempts, the last of which left it in `state`; adds the attempts."""
        error, due, worker = FAILURES[seq % len(FAILURES)], created, self.random_source.choice(WORKERS)
        for number in range(1, tries + 1):
            worker = self.random_source.choice(WORKERS)
            last = number == tries
            started = due + self.random_source.expovariate(1 / 3)
            ended = None if last and state is State.PROCESSING else started + self.random_source.lognormvariate(1, 1)
            succeeded = last and state in (State.COMPLETED, State.PROCESSING)
            reason = None if succeeded else error or f"worker {worker} was lost"
            outcome = state if succeeded else "failed" if error else "lost"
            code = 0 if succeeded else _exit_code(error)
            size = self.random_source.randrange(10_000)
            self.attempts.append(Attempt(seq, number, outcome, worker, started, ended, code, reason, size, due))
            due = (ended or started) + 2.0**number
        return {
            "state": state,
            "attempt": tries,
            "attempts": tries,
            "worker": worker,
            "started_at": started,
            "updated_at": ended or started,
            "finished_at": ended if state in (State.COMPLETED, State.DEAD) else None,
            "exit_code": None if state is State.PROCESSING else code,
            "error": reason,
        }


def _exit_code(error: str | None) -> int | None:
    return int(error.split()[-1]) if error and error.startswith("exit status") else None


def fill(database: Path, count: int, waiting: float = WAITING) -> None:
    """Put `count` jobs into an empty queue; `waiting`: the share of the newest jobs that have not ended."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.create_function("histogram_step", 1, histogram_step, deterministic=True)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    generator = JobGenerator(count, time.time(), waiting)
    for first in range(1, count + 1, CHUNK):
        jobs = list(generator.rows(range(first, min(first + CHUNK, count + 1))))
        for job in jobs:
            job["failure"] = _failure(job)
        _insert(
            connection, "job", list(JOB), [[job.get(name, default) for name, default in JOB.items()] for job in jobs]
        )
        _insert(connection, "attempt", list(Attempt._fields), generator.attempts)
        _insert(connection, "job_tag", ["tag", "seq"], generator.tags)
        generator.attempts, generator.tags = [], []
    for statement in DERIVED:
        connection.execute(statement, {"now": generator.now})
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


JOB: dict[str, Any] = dict.fromkeys(
    (
        "seq", "id", "command", "queue", "priority", "state", "due", "tags", "cancelling", "created_at", "updated_at",
        "started_at", "finished_at", "next_run_at", "worker", "exit_code", "error", "failure",
    )
) | {"attempt": 0, "attempts": 0}  # fmt: skip

DERIVED = (
    "INSERT INTO tally SELECT queue, state, count(*) FROM job GROUP BY queue, state",
    "INSERT INTO arrival SELECT min(seq), CAST(created_at / 3600 AS INTEGER) AS hour FROM job GROUP BY hour",
    # Steps as housekeeping leaves them: 10 s for 2 hours, 5 min for 2 days, then an hour.
    """
    WITH happened(moment, queue, measure, number) AS (
        SELECT created_at, queue, 'enqueued', 1 FROM job
        UNION ALL SELECT created_at, queue, 'waiting', 1 FROM job
        UNION ALL SELECT coalesce(started_at, finished_at), queue, 'waiting', -1 FROM job
            WHERE state NOT IN ('pending', 'failed')
        UNION ALL SELECT finished_at, queue, state, 1 FROM job WHERE finished_at IS NOT NULL
        UNION ALL SELECT ended_at, queue, 'failed', 1 FROM attempt JOIN job USING (seq)
            WHERE outcome IN ('failed', 'lost')
        UNION ALL SELECT attempt.started_at, queue, 'wait:' || histogram_step(attempt.started_at - due_at), 1
            FROM attempt JOIN job USING (seq)
        UNION ALL SELECT ended_at, queue, 'run:' || histogram_step(ended_at - attempt.started_at), 1
            FROM attempt JOIN job USING (seq) WHERE ended_at IS NOT NULL
    ), stepped AS (
        SELECT *, CASE WHEN :now - moment < 7200 THEN 10 WHEN :now - moment < 172800 THEN 300 ELSE 3600 END AS step
        FROM happened
    )
    INSERT INTO series
    SELECT CAST(moment / step AS INTEGER) * step, queue, measure, sum(number) FROM stepped GROUP BY 1, 2, 3
    """,
)
"""Statements that derive counts, time index and series from the jobs."""


def _failure(job: dict[str, Any]) -> str | None:
    return failure(job["command"], job["error"], job["worker"]) if job["state"] is State.DEAD else None


def _insert(connection: sqlite3.Connection, table: str, columns: list[str], rows: Sequence[Sequence[Any]]) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


if __name__ == "__main__":
    data_dir = Path(sys.argv[1]).absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    migrate(data_dir)
    fill(data_dir / "queue.db", int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
