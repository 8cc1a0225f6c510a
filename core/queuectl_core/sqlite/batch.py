"""Enqueueing many jobs at once: all of them or none."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from queuectl_core.errors import JobExists
from queuectl_core.sqlite.allowed import AllowedCommands
from queuectl_core.sqlite.arrival import Arrivals
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Change, Journal
from queuectl_core.sqlite.queue import COLUMNS, new_row
from queuectl_core.state import State

if TYPE_CHECKING:  # a worker, which enqueues nothing, is spared pydantic's models
    from queuectl_core.new_job import NewJob

TOLD_ONE_BY_ONE = 1000


class Batch:
    """Jobs are staged in a temporary table first, then moved into the queue. One batch a connection.

    Staging takes no lock and little memory, however slowly they come in; the move is one short transaction.
    """

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._clock = Clock(db)
        self._arrivals = Arrivals(db)
        self._allowed = AllowedCommands(db)
        self._journal = journal
        self._now = time.time()
        self._per_queue: Counter[tuple[str, str]] = Counter()
        db.execute(f"CREATE TEMP TABLE staged (position INTEGER PRIMARY KEY, {COLUMNS})")

    def stage(self, jobs: Sequence[tuple[int, "NewJob"]]) -> None:
        """Take more jobs in, each with its place in the caller's counting, which grows; nobody sees them yet."""
        rows = [(place, *new_row(job, self._now)) for place, job in jobs]
        marks = ", ".join("?" * len(rows[0])) if rows else ""
        self._db.execute_many(f"INSERT INTO staged (position, {COLUMNS}) VALUES ({marks})", rows)
        self._per_queue.update((job.queue, State.PENDING.value) for _, job in jobs)

    def commit(self) -> range:
        """Put all staged jobs into the queue; returns their `seq`s.

        Raises JobExists and CommandNotAllowed, with the place.
        """
        with self._db.transaction():
            self._allowed.check_staged({queue for queue, _ in self._per_queue})
            self._delay()
            try:
                self._db.execute(f"INSERT INTO job ({COLUMNS}) SELECT {COLUMNS} FROM staged ORDER BY position")
            except sqlite3.IntegrityError as fault:
                raise self._duplicate() from fault
            newest = self._db.value("SELECT last_insert_rowid()")
            seqs = range(newest - self._count() + 1, newest + 1)
            if seqs:
                self._arrivals.note(self._now, seqs[0])
            self._tag()
            if self._count() <= TOLD_ONE_BY_ONE:
                self._journal.record(
                    Change(job_id, queue, None, State.PENDING)
                    for job_id, queue in self._db.rows("SELECT id, queue FROM staged ORDER BY position")
                )
            else:
                enqueued = Counter({(queue, "enqueued"): jobs for (queue, _), jobs in self._per_queue.items()})
                self._journal.count(self._per_queue, enqueued)
                self._journal.tell_many()
        return seqs

    def ids(self) -> Iterator[str]:
        """The ids of the staged jobs, in order, read in steps."""
        position = -1
        while rows := self._db.rows(
            "SELECT id, position FROM staged WHERE position > ? ORDER BY position LIMIT 1000", (position,)
        ):
            yield from (row[0] for row in rows)
            position = rows[-1][1]

    def _delay(self) -> None:
        """Delays count from now on, by the clock as it is now: it may have been set while jobs came in."""
        self._db.execute(
            "UPDATE staged SET next_run_at = next_run_at + ? WHERE due = 0 AND run_at IS NULL",
            (self._clock.now() - self._now,),
        )

    def _count(self) -> int:
        return self._per_queue.total()

    def _tag(self) -> None:
        for job_id, tags in self._db.rows("SELECT id, tags FROM staged WHERE tags IS NOT NULL"):
            self._db.execute(
                "INSERT OR IGNORE INTO job_tag"
                " SELECT tag.value, job.seq FROM job, json_each(?) AS tag WHERE job.id = ?",
                (tags, job_id),
            )

    def _duplicate(self) -> JobExists:
        found = self._db.row(
            "SELECT id, position FROM staged WHERE id IN (SELECT id FROM job)"
            " OR id IN (SELECT id FROM staged GROUP BY id HAVING count(*) > 1) ORDER BY position DESC LIMIT 1"
        )
        assert found is not None, "a UNIQUE constraint failed without a duplicate"
        return JobExists(found[0], position=found[1])
