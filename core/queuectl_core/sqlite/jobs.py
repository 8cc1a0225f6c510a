"""Reading jobs: one, many, counted."""

import json
import sys
from dataclasses import dataclass
from typing import Any

from queuectl_core.attempt import Attempt, Outcome
from queuectl_core.errors import JobNotFound
from queuectl_core.job import Job, Run
from queuectl_core.limits import effective
from queuectl_core.output_tail import output_tail
from queuectl_core.sqlite.config import Config
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.filter import OF_LATEST, Filter, all_of
from queuectl_core.sqlite.walk import Sort, Walk, as_cursor
from queuectl_core.state import State

TAIL = "coalesce(output_tail, output)"
"""Of an attempt: the end of its output as text, or, where that can be made of it, all of it as bytes."""

COLUMNS = (
    "seq, id, command, queue, priority, state, run_at, max_retries, backoff_base, timeout, env, cwd, tags, limits,"
    " sandbox, attempt, attempts, exit_code, error, worker, cancelling, created_at, updated_at, started_at,"
    " finished_at, next_run_at,"
    f" (SELECT {TAIL} {OF_LATEST})"
)

RUN = f"seq, id, state, exit_code, (SELECT started_at {OF_LATEST}), (SELECT ended_at {OF_LATEST})"

ON_A_PAGE = 25_000
"""Jobs that are met for a page, about 10 ms' worth: where too few of them are chosen, it is short."""

COUNTED = 200_000
"""Jobs that are met for a count."""

LATEST = 50_000
"""Jobs among which earlier runs of a command are looked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `next_cursor` is None on the last one, which others may be shorter than."""

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
        return _job(row, self._config.numbers())

    def history(self, seq: int) -> list[Attempt]:
        """Every attempt of a job, oldest first."""
        rows = self._db.rows(
            "SELECT number, outcome, worker, started_at, ended_at, exit_code, error, output_bytes, due_at, cpu_seconds,"
            f" memory_bytes, {TAIL}, note FROM attempt WHERE seq = ? ORDER BY number",
            (seq,),
        )
        return [
            Attempt(*(number, Outcome(outcome), *rest, _tail(tail), note))
            for number, outcome, *rest, tail, note in rows
        ]

    def output(self, seq: int, attempt: int) -> bytes | None:
        """All that an attempt has printed, where that is kept in its row; otherwise see Logs."""
        output: bytes | None = self._db.value("SELECT output FROM attempt WHERE seq = ? AND number = ?", (seq, attempt))
        return output

    def page(self, chosen: Filter, *, limit: int, cursor: str | None = None, sort: Sort = Sort.NEWEST) -> Page:
        """Jobs from behind the cursor on; raises InvalidCursor.

        The cursor is a place in the order, so that a page costs the same however far down it is. A page may hold fewer
        jobs than `limit`, even none, and not be the last.
        """
        walk = Walk(self._db, chosen, sort)
        after = sort.place(cursor)
        end = None if walk.exact else walk.end(after, ON_A_PAGE)
        rows = walk.rows(COLUMNS, after, end, limit + 1)
        values = self._config.numbers()
        items = [_job(row, values) for row in rows[:limit]]
        if len(rows) > limit:
            end = tuple(getattr(items[-1], column) for column in sort.key)
        return Page(items, as_cursor(end))

    def count(self, chosen: Filter) -> tuple[int, bool]:
        """How many jobs there are; False: they are only those among the first COUNTED that were met."""
        conditions = chosen.conditions()
        if conditions.keys() <= {"states", "queue"}:
            where, parameters = all_of(conditions.values())
            return self._db.value(f"SELECT sum(jobs) FROM tally WHERE {where}", parameters) or 0, True
        walk = Walk(self._db, chosen, Sort.NEWEST)
        end = walk.end(None, COUNTED)
        return walk.count(None, end), end is None

    def runs(self, job_id: str, limit: int) -> list[Run]:
        """The latest jobs with the same command that have run, oldest first; raises JobNotFound.

        Those that are among the LATEST jobs, and the job itself.
        """
        job = self.get(job_id)
        same = Walk(self._db, Filter(command=job.command), Sort.NEWEST)
        rows = same.rows(RUN, None, same.end(None, LATEST), limit, only="attempt > 0")
        if job.attempt and job.seq not in [row[0] for row in rows]:
            rows[limit - 1 :] = self._db.rows(f"SELECT {RUN} FROM job WHERE seq = ?", (job.seq,))
        return [Run(row[1], State(row[2]), *row[3:]) for row in reversed(rows)]

    def tags(self, prefix: str, limit: int) -> list[str]:
        """Tags of jobs that begin so, in order. It goes from tag to tag, however many jobs have them."""
        rows = self._db.rows(
            "WITH RECURSIVE known (tag) AS ("
            " SELECT min(tag) FROM job_tag WHERE tag >= ?1 AND tag <= ?2"
            " UNION ALL SELECT (SELECT min(tag) FROM job_tag WHERE tag > known.tag AND tag <= ?2)"
            " FROM known WHERE known.tag IS NOT NULL"
            ") SELECT tag FROM known WHERE tag IS NOT NULL LIMIT ?3",
            (prefix, prefix + chr(sys.maxunicode), limit),
        )
        return [row[0] for row in rows]

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


def _tail(found: str | bytes | None) -> str | None:
    """The text of what TAIL says."""
    return output_tail(found) if isinstance(found, bytes) else found


def _job(row: tuple[Any, ...], config: dict[str, float]) -> Job:
    job = dict(zip(Job.__dataclass_fields__, row, strict=True))
    job["output_tail"] = _tail(job["output_tail"])
    if job["max_retries"] is None:
        job["max_retries"] = int(config["max-retries"])
    if job["backoff_base"] is None:
        job["backoff_base"] = config["backoff-base"]
    job["state"] = State(job["state"])
    job["timeout"] = job["timeout"] or config["timeout"] or None
    job["env"] = json.loads(job["env"]) if job["env"] else {}
    job["tags"] = json.loads(job["tags"]) if job["tags"] else []
    job["limits"] = effective(json.loads(job["limits"]) if job["limits"] else {}, config)
    job["sandbox"] = bool(job["sandbox"] or config["sandbox"])
    job["cancelling"] = bool(job["cancelling"])
    return Job(**job)
