"""The audit log, written in the transaction of the action itself."""

import re
import time
from collections.abc import Sequence
from typing import Any

from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import OF_JOBS, Done, Entry
from queuectl_core.model.errors import InvalidCursor
from queuectl_core.model.page import Page
from queuectl_core.model.role import Role
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session
from queuectl_core.store.time_index import NEVER
from queuectl_core.store.transitions import Found

INSERT = (
    "INSERT INTO audit (at, actor, role, address, action, subject, jobs, batch, first, last, detail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
COLUMNS = "seq, at, actor, role, address, action, subject, jobs, detail"

MOST_OF_ONE_ID = 100
"""How many deleted jobs with the same id, latest first, are looked up with their batches and restores."""

TRIMMED = 1000
"""Entries read per step, to limit how long the write lock is held."""


class Audit:
    """Append-only, and trimmed by age. Deleting jobs or restoring a backup does not change it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, actor: Actor, action: Done, subject: str | None = None, detail: str | None = None) -> None:
        """What was done to one thing: a job by its id, or something else by its name."""
        self._insert([(*_who(actor), action, subject, int(action in OF_JOBS), None, None, None, detail)])

    def record_each(self, actor: Actor, action: Done, jobs: Sequence[Found]) -> None:
        """What was done to several jobs: an entry each. One of a deletion says what else is known of the job."""
        deleted = action is Done.DELETE
        self._insert(
            [
                (*_who(actor), action, job.id, 1, *((job.batch, job.seq) if deleted else (None, None)), None, None)
                for job in jobs
            ]
        )

    def record_batch(self, actor: Actor, jobs: int) -> int:
        """A batch of this many jobs is enqueued; returns the number of the entry, for `Batch.commit`."""
        row = (*_who(actor), Done.ENQUEUE, None, jobs, None, None, None, None)
        return int(self._session.value(f"{INSERT} RETURNING seq", row))

    def correct_batch(self, entry: int, jobs: int) -> None:
        """Correct the entry of a batch that has enqueued only this many jobs, as its others existed already."""
        detail = "others existed already, see their unique keys"
        self._session.execute("UPDATE audit SET jobs = ?, detail = ? WHERE seq = ?", (jobs, detail, entry))

    def record_restore(self, actor: Actor, seqs: range, jobs: int) -> None:
        """This many jobs were restored, with `seq`s from a range that holds no others."""
        self._insert([(*_who(actor), Done.RESTORE, None, jobs, None, seqs[0], seqs[-1], None)])

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if len(rows) == 1:
            self._session.later(INSERT, rows[0])
        else:
            self._session.execute_many(INSERT, rows)

    # Reading

    def page(
        self, *, limit: int, cursor: str | None = None, job: str | None = None, actor: str | None = None
    ) -> Page[Entry]:
        """Entries after the cursor, newest first. `job`: only actions on that job. Raises InvalidCursor."""
        before = _before(cursor)
        condition, names = ("actor = ?", (actor,)) if actor is not None else ("1 = 1", ())
        if job is not None:
            together = self._together(job)
            rows = self._session.rows(
                f"SELECT {COLUMNS} FROM audit {self._by('audit_subject')}"
                f" WHERE subject = ? AND jobs > 0 AND {condition} AND seq < ?"
                f" UNION ALL SELECT {COLUMNS} FROM audit {self._session.dialect.table_order}"
                f" WHERE seq IN ({marks(len(together))}) AND {condition} AND seq < ?"
                " ORDER BY seq DESC LIMIT ?",
                (job, *names, before, *together, *names, before, limit + 1),
            )
        else:
            rows = self._session.rows(
                f"SELECT {COLUMNS} FROM audit WHERE {condition} AND seq < ? ORDER BY seq DESC LIMIT ?",
                (*names, before, limit + 1),
            )
        entries = [_entry(row) for row in rows[:limit]]
        return Page(entries, str(entries[-1].seq) if len(rows) > limit else None)

    def _together(self, job_id: str) -> list[int]:
        """The entries of the batches and restores that the job of that id, and deleted jobs of that id, came with."""
        known = self._session.rows(
            "SELECT seq, batch FROM job WHERE id = :id UNION ALL SELECT * FROM"
            f" (SELECT first, batch FROM audit {self._by('audit_first')} WHERE subject = :id AND first IS NOT NULL"
            " ORDER BY first DESC LIMIT :most) AS deleted",
            {"id": job_id, "most": MOST_OF_ONE_ID},
        )
        entries = (batch or self._of_restore(seq) for seq, batch in known)
        return sorted({entry for entry in entries if entry is not None})

    def _of_restore(self, seq: int) -> int | None:
        """The only one whose range may hold that job: the last one that begins before it."""
        entry: int | None = self._session.value(
            f"SELECT CASE WHEN last >= ? THEN seq END FROM audit {self._by('audit_first')}"
            " WHERE subject IS NULL AND first <= ? ORDER BY first DESC LIMIT 1",
            (seq, seq),
        )
        return entry

    def _by(self, index: str) -> str:
        return self._session.dialect.by(index)

    # Forgetting

    def trim(self, before: float) -> int:
        """Delete some entries older than `before`; returns how many.

        Checks only the entries with the lowest numbers: if the clock was set, an entry may remain until all entries
        before it have expired.
        """
        old = "(SELECT seq FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT ?) AS first WHERE at < ?)"
        if not self._session.value(f"SELECT EXISTS {old}", (TRIMMED, before)):
            return 0  # without taking the lock
        return self._session.execute(f"DELETE FROM audit WHERE seq IN {old}", (TRIMMED, before))


def _who(actor: Actor) -> tuple[float, str, Role, str]:
    return time.time(), actor.name, actor.role, actor.address


def _before(cursor: str | None) -> int:
    if cursor is None:
        return NEVER
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise InvalidCursor(cursor)
    return int(cursor)


def _entry(row: tuple[Any, ...]) -> Entry:
    seq, at, actor, role, address, action, subject, jobs, detail = row
    return Entry(seq, at, actor, Role(role), address, Done(action), subject, jobs, detail)
