"""Reading jobs: one, many, counted."""

import json
from dataclasses import dataclass
from typing import Any

from queuectl_core.attempt import Attempt, Outcome
from queuectl_core.errors import InvalidCursor, JobNotFound
from queuectl_core.job import Job
from queuectl_core.sqlite.config import Config
from queuectl_core.sqlite.database import Database
from queuectl_core.state import State

COLUMNS = (
    "seq, id, command, queue, priority, state, run_at, max_retries, backoff_base, timeout, env, cwd, tags, attempt,"
    " attempts, exit_code, error, worker, cancelling, created_at, updated_at, started_at, finished_at, next_run_at"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs: all conditions given must hold. `text` is looked for in the command and the id."""

    states: tuple[State, ...] = ()
    queue: str | None = None
    text: str | None = None
    tag: str | None = None

    def sql(self) -> tuple[str, list[Any]]:
        """The condition as SQL, with its parameters."""
        conditions, parameters = ["1"], list[Any]()
        if self.states:
            conditions.append(f"state IN ({', '.join('?' * len(self.states))})")
            parameters += self.states
        if self.queue is not None:
            conditions.append("queue = ?")
            parameters.append(self.queue)
        if self.tag is not None:
            conditions.append("seq IN (SELECT seq FROM job_tag WHERE tag = ?)")
            parameters.append(self.tag)
        if self.text:
            conditions.append("(instr(lower(command), lower(?)) OR instr(lower(id), lower(?)))")
            parameters += [self.text, self.text]
        return " AND ".join(conditions), parameters


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `next_cursor` is None on the last one."""

    items: list[Job]
    next_cursor: str | None


class Jobs:
    """Reads; takes no lock."""

    def __init__(self, db: Database, config: Config) -> None:
        self._db = db
        self._config = config

    def get(self, job_id: str) -> Job:
        """One job; raises JobNotFound."""
        row = self._db.row(f"SELECT {COLUMNS} FROM job WHERE id = ?", (job_id,))
        if row is None:
            raise JobNotFound(job_id)
        return _job(row, self._config.values())

    def history(self, seq: int) -> list[Attempt]:
        """Every attempt of a job, oldest first."""
        rows = self._db.rows(
            "SELECT number, outcome, worker, started_at, ended_at, exit_code, error, output_bytes FROM attempt"
            " WHERE seq = ? ORDER BY number",
            (seq,),
        )
        return [Attempt(row[0], Outcome(row[1]), *row[2:]) for row in rows]

    def page(self, chosen: Filter, *, limit: int, cursor: str | None = None, newest_first: bool = True) -> Page:
        """Jobs in the order of their arrival, from after the cursor on; raises InvalidCursor.

        The cursor is the last job's `seq`, so that a page costs the same however far down it is.
        """
        where, parameters = chosen.sql()
        if cursor is not None:
            where += " AND seq < ?" if newest_first else " AND seq > ?"
            parameters.append(_position(cursor))
        order = "DESC" if newest_first else "ASC"
        rows = self._db.rows(
            f"SELECT {COLUMNS} FROM job WHERE {where} ORDER BY seq {order} LIMIT ?", (*parameters, limit + 1)
        )
        values = self._config.values()
        items = [_job(row, values) for row in rows[:limit]]
        return Page(items, str(items[-1].seq) if len(rows) > limit else None)

    def existing(self, seqs: range) -> set[int]:
        """Which of these `seq`s are those of jobs."""
        rows = self._db.rows("SELECT seq FROM job WHERE seq BETWEEN ? AND ?", (seqs.start, seqs.stop - 1))
        return {row[0] for row in rows}

    def counts(self) -> dict[State, int]:
        """How many jobs there are in each state."""
        counts = dict.fromkeys(State, 0)
        counts.update(
            (State(row[0]), row[1]) for row in self._db.rows("SELECT state, sum(jobs) FROM tally GROUP BY state")
        )
        return counts


def _position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidCursor(cursor)
    return int(cursor)


def _job(row: tuple[Any, ...], config: dict[str, float]) -> Job:
    job = dict(zip(Job.__dataclass_fields__, row, strict=True))
    if job["max_retries"] is None:
        job["max_retries"] = int(config["max-retries"])
    if job["backoff_base"] is None:
        job["backoff_base"] = config["backoff-base"]
    job["state"] = State(job["state"])
    job["timeout"] = job["timeout"] or config["timeout"] or None
    job["env"] = json.loads(job["env"]) if job["env"] else {}
    job["tags"] = json.loads(job["tags"]) if job["tags"] else []
    job["cancelling"] = bool(job["cancelling"])
    return Job(**job)
