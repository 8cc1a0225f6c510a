"""The audit log, written in the transaction of what it tells of."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from queuectl_core.audit import OF_JOBS, Done, Entry
from queuectl_core.caller import Caller
from queuectl_core.errors import InvalidCursor
from queuectl_core.role import Role
from queuectl_core.sqlite.arrival import NEVER
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.queue import Found

INSERT = (
    "INSERT INTO audit (at, actor, role, address, action, subject, jobs, first, last, detail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
COLUMNS = "seq, at, actor, role, address, action, subject, jobs, detail"

MOST_OF_ONE_ID = 100
"""Jobs that had the same id one after the other, the latest ones, of which it is looked up with whom they came."""

TRIMMED = 1000
"""Lines that one step looks at: the write lock is held meanwhile."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the log, newest first; `next_cursor` is None on the last one."""

    items: list[Entry]
    next_cursor: str | None


class Audit:
    """Only ever appended to, and trimmed by age. Deleting jobs, restoring a backup leave it as it is."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def record(
        self, by: Caller, action: Done, subject: str | None = None, detail: str | None = None, seq: int | None = None
    ) -> None:
        """What was done to one thing; a job, or something else by its name. `seq`: of a job that was deleted."""
        self._db.execute(INSERT, (*_who(by), action, subject, int(action in OF_JOBS), seq, None, detail))

    def record_each(self, by: Caller, action: Done, jobs: Sequence[Found]) -> None:
        """What was done to several jobs: a line each."""
        self._db.execute_many(
            INSERT,
            [(*_who(by), action, job.id, 1, job.seq if action is Done.DELETE else None, None, None) for job in jobs],
        )

    def record_range(self, by: Caller, action: Done, seqs: range, jobs: int) -> None:
        """`jobs` jobs came together, and nobody else's `seq` is in `seqs`."""
        self._db.execute(INSERT, (*_who(by), action, None, jobs, seqs[0], seqs[-1], None))

    # Reading

    def page(self, *, limit: int, cursor: str | None = None, job: str | None = None, actor: str | None = None) -> Page:
        """Entries from behind the cursor on. `job`: what was done to that job; raises InvalidCursor."""
        place = (_before(cursor), limit + 1)
        by, names = ("actor = ?", (actor,)) if actor is not None else ("1", ())
        if job is not None:
            rows = self._db.rows(
                f"SELECT {COLUMNS} FROM audit INDEXED BY audit_subject WHERE subject = ? AND jobs AND {by} AND seq < ?"
                f" UNION ALL SELECT {COLUMNS} FROM audit WHERE seq IN (SELECT value FROM json_each(?)) AND +{by}"
                " AND seq < ? ORDER BY seq DESC LIMIT ?",
                (job, *names, place[0], json.dumps(self._together(job)), *names, *place),
            )
        else:
            rows = self._db.rows(
                f"SELECT {COLUMNS} FROM audit WHERE {by} AND seq < ? ORDER BY seq DESC LIMIT ?", (*names, *place)
            )
        entries = [_entry(row) for row in rows[:limit]]
        return Page(entries, str(entries[-1].seq) if len(rows) > limit else None)

    def _together(self, job_id: str) -> list[int]:
        """The lines of the batches, and restores, with which the job of that id came, and deleted ones of that id."""
        seqs = self._db.rows(
            "SELECT seq FROM job WHERE id = :id UNION ALL SELECT * FROM"
            " (SELECT first FROM audit INDEXED BY audit_first WHERE subject = :id AND first IS NOT NULL"
            " ORDER BY first DESC LIMIT :most)",
            {"id": job_id, "most": MOST_OF_ONE_ID},
        )
        lines = (self._line_with(seq) for (seq,) in seqs)
        return [line for line in lines if line is not None]

    def _line_with(self, seq: int) -> int | None:
        """The last range that begins before it is the only one that may hold it."""
        line: int | None = self._db.value(
            "SELECT CASE WHEN last >= ? THEN seq END FROM audit INDEXED BY audit_first"
            " WHERE subject IS NULL AND first <= ? ORDER BY first DESC LIMIT 1",
            (seq, seq),
        )
        return line

    # Forgetting

    def trim(self, before: float) -> int:
        """Drop entries older than that, some at a time; returns how many.

        They are looked for among those that were written first: where somebody has set the clock, they may wait there
        until those before them are as old.
        """
        old = "(SELECT seq FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT ?) WHERE at < ?)"
        if not self._db.value(f"SELECT EXISTS {old}", (TRIMMED, before)):
            return 0  # without taking the lock
        return self._db.execute(f"DELETE FROM audit WHERE seq IN {old}", (TRIMMED, before))


def _who(by: Caller) -> tuple[float, str, Role, str]:
    return time.time(), by.name, by.role, by.address


def _before(cursor: str | None) -> int:
    if cursor is None:
        return NEVER
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise InvalidCursor(cursor)
    return int(cursor)


def _entry(row: tuple[Any, ...]) -> Entry:
    seq, at, actor, role, address, action, subject, jobs, detail = row
    return Entry(seq, at, actor, Role(role), address, Done(action), subject, jobs, detail)
