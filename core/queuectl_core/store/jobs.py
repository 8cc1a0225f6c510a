"""Reading, listing and counting jobs."""

import sys
from dataclasses import fields
from typing import Any

from queuectl_core.model.attempt import Attempt, Outcome
from queuectl_core.model.errors import JobNotFound
from queuectl_core.model.filter import Filter
from queuectl_core.model.job import Job, Run
from queuectl_core.model.limits import effective
from queuectl_core.model.output_tail import output_tail
from queuectl_core.model.page import Page
from queuectl_core.model.sort import Sort, as_cursor
from queuectl_core.model.state import State
from queuectl_core.store import job_columns
from queuectl_core.store.config import Config
from queuectl_core.store.filter import OF_LATEST, all_of, conditions
from queuectl_core.store.pagination import Keyset
from queuectl_core.store.session import Session

WHOLE = "CASE WHEN output_tail IS NULL THEN output END"
"""SQL: an attempt's complete output, from which its end is derived if that is not stored."""

_FIELDS = (*(field.name for field in fields(Job)), "output")

_SELECTED = {
    "unique": "unique_key",
}
"""The SQL of a field, if it is not the column of that name."""

_OF_ATTEMPT = {
    "output_tail": f"(SELECT output_tail {OF_LATEST}) AS output_tail",
    "output": f"(SELECT {WHOLE} {OF_LATEST}) AS output",
}

COLUMNS = ", ".join((_OF_ATTEMPT | _SELECTED).get(name, name) for name in _FIELDS)

NEW = ", ".join("NULL" if name in _OF_ATTEMPT else _SELECTED.get(name, name) for name in _FIELDS)
"""COLUMNS of a job without attempts."""

RUN = f"seq, id, state, exit_code, (SELECT started_at {OF_LATEST}), (SELECT ended_at {OF_LATEST})"

READ_FOR_A_PAGE = 25_000
"""Maximum number of jobs read for a page, about 10 ms: if the filter selects few of them, the page is short."""

READ_FOR_A_COUNT = 200_000

LATEST = 50_000
"""Earlier runs of a command are searched among this many jobs."""


class Jobs:
    """Read only; takes no lock."""

    def __init__(self, session: Session, config: Config) -> None:
        self._session = session
        self._config = config

    def get(self, job_id: str) -> Job:
        """One job; raises JobNotFound."""
        row = self._session.row(f"SELECT {COLUMNS} FROM job WHERE id = ?", (job_id,))
        if row is None:
            raise JobNotFound(job_id)
        return as_job(row, self._config.numbers())

    def history(self, seq: int) -> list[Attempt]:
        """All attempts of a job, oldest first."""
        rows = self._session.rows(
            "SELECT number, outcome, worker, started_at, ended_at, exit_code, error, output_bytes, due_at, cpu_seconds,"
            f" memory_bytes, output_tail, {WHOLE}, note FROM attempt WHERE seq = ? ORDER BY number",
            (seq,),
        )
        return [
            Attempt(*(number, Outcome(outcome), *rest, _tail(tail, whole), note))
            for number, outcome, *rest, tail, whole, note in rows
        ]

    def output(self, seq: int, attempt: int) -> bytes | None:
        """The complete output of an attempt, if it is stored in its row; None if it is in the log files."""
        output: bytes | None = self._session.value(
            "SELECT output FROM attempt WHERE seq = ? AND number = ?", (seq, attempt)
        )
        return output

    def page(self, chosen: Filter, *, limit: int, cursor: str | None = None, sort: Sort = Sort.NEWEST) -> Page[Job]:
        """Jobs after the cursor; raises InvalidCursor.

        Keyset pagination: a page costs the same however far down it is. A page may contain fewer jobs than `limit`,
        even none, without being the last.
        """
        keyset = Keyset(self._session, chosen, sort)
        after = sort.key(cursor)
        end = None if keyset.exact else keyset.end(after, READ_FOR_A_PAGE)
        rows = keyset.rows(COLUMNS, after, end, limit + 1)
        values = self._config.numbers()
        items = [as_job(row, values) for row in rows[:limit]]
        if len(rows) > limit:
            end = tuple(getattr(items[-1], column) for column in sort.columns)
        return Page(items, as_cursor(end))

    def count(self, chosen: Filter) -> tuple[int, bool]:
        """The number of jobs, and whether it is exact: otherwise only READ_FOR_A_COUNT jobs were examined."""
        wanted = conditions(chosen, self._session.dialect)
        if wanted.keys() <= {"states", "queues"}:
            where, parameters = all_of(wanted.values())
            return self._session.value(f"SELECT sum(jobs) FROM tally WHERE {where}", parameters) or 0, True
        of_end = wanted.keys() & {"finished_since", "finished_until"}  # only jobs that have ended match these
        keyset = Keyset(self._session, chosen, Sort.ENDED_LAST if of_end else Sort.NEWEST)
        end = keyset.end(None, READ_FOR_A_COUNT)
        return keyset.count(None, end), end is None

    def runs(self, job_id: str, limit: int) -> list[Run]:
        """The latest runs of jobs with the same command, oldest first; raises JobNotFound.

        Considers only the LATEST jobs, and the job itself.
        """
        job = self.get(job_id)
        same = Keyset(self._session, Filter(command=job.command), Sort.NEWEST)
        rows = same.rows(RUN, None, same.end(None, LATEST), limit, only="attempt > 0")
        if job.attempt and job.seq not in [row[0] for row in rows]:
            rows[limit - 1 :] = self._session.rows(f"SELECT {RUN} FROM job WHERE seq = ?", (job.seq,))
        return [Run(row[1], State(row[2]), *row[3:]) for row in reversed(rows)]

    def tags(self, prefix: str, limit: int) -> list[str]:
        """Tags with that prefix, sorted. Reads one row per tag, however many jobs have it."""
        rows = self._session.rows(
            "WITH RECURSIVE known (tag) AS ("
            " SELECT min(tag) FROM job_tag WHERE tag >= :first AND tag <= :last"
            " UNION ALL SELECT (SELECT min(tag) FROM job_tag WHERE tag > known.tag AND tag <= :last)"
            " FROM known WHERE known.tag IS NOT NULL"
            ") SELECT tag FROM known WHERE tag IS NOT NULL LIMIT :limit",
            {"first": prefix, "last": prefix + chr(sys.maxunicode), "limit": limit},
        )
        return [row[0] for row in rows]

    def ids(self, prefix: str, limit: int) -> list[str]:
        """Ids with that prefix, sorted: if the prefix is itself an id, it comes first."""
        rows = self._session.rows(
            "SELECT id FROM job WHERE id >= ? AND id <= ? ORDER BY id LIMIT ?",
            (prefix, prefix + chr(sys.maxunicode), limit),
        )
        return [row[0] for row in rows]

    def existing(self, seqs: range) -> set[int]:
        """Those of these `seq`s that belong to a job."""
        rows = self._session.rows("SELECT seq FROM job WHERE seq BETWEEN ? AND ?", (seqs.start, seqs.stop - 1))
        return {row[0] for row in rows}

    def counts(self) -> dict[State, int]:
        """The number of jobs in each state."""
        counts = dict.fromkeys(State, 0)
        counts.update(
            (State(row[0]), row[1]) for row in self._session.rows("SELECT state, sum(jobs) FROM tally GROUP BY state")
        )
        return counts


def as_job(row: tuple[Any, ...], config: dict[str, float]) -> Job:
    """From the values of COLUMNS, and the settings."""
    job = dict(zip(_FIELDS, row, strict=True))
    job |= job_columns.read(job)
    job["output_tail"] = _tail(job["output_tail"], job.pop("output"))
    if job["max_retries"] is None:
        job["max_retries"] = int(config["max-retries"])
    if job["backoff_base"] is None:
        job["backoff_base"] = config["backoff-base"]
    job["state"] = State(job["state"])
    job["timeout"] = job["timeout"] or config["timeout"] or None
    job["limits"] = effective(job["limits"], config)
    job["sandbox"] = bool(job["sandbox"] or config["sandbox"])
    job["cancelling"] = bool(job["cancelling"])
    return Job(**job)


def _tail(stored: str | None, whole: bytes | None) -> str | None:
    return stored if whole is None else output_tail(whole)
