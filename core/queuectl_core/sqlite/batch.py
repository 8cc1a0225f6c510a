"""Enqueueing many jobs at once: all of them or none."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from queuectl_core.errors import JobExists
from queuectl_core.sqlite.allowed import AllowedCommands
from queuectl_core.sqlite.arrival import Arrivals
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Change, Journal
from queuectl_core.sqlite.queue import COLUMNS, marks, new_ids, new_row
from queuectl_core.state import State

if TYPE_CHECKING:  # a worker, which enqueues nothing, is spared pydantic's models
    from queuectl_core.new_job import NewJob

TOLD_ONE_BY_ONE = 1000
MOST_KINDS = 1000
ROWS_AT_ONCE = 1000

OWN = frozenset({"id", "command"})
ALIKE = ", ".join(column for column in COLUMNS.split(", ") if column not in OWN)


class Batch:
    """Jobs are staged in temporary tables first, then moved into the queue. One batch a connection.

    Staging takes no lock and little memory, however slowly they come in; the move is one short transaction. Jobs that
    differ in nothing but id and command are of one kind, which is staged once.
    """

    def __init__(self, db: Database, journal: Journal) -> None:
        self._db = db
        self._clock = Clock(db)
        self._arrivals = Arrivals(db)
        self._allowed = AllowedCommands(db)
        self._journal = journal
        self._now = time.time()
        self._per_queue: Counter[tuple[str, str]] = Counter()
        self._kinds: dict[str, tuple[int, str]] = {}
        self._newest_kind = 0
        db.execute("CREATE TEMP TABLE staged (position INTEGER PRIMARY KEY, id, command, kind)")
        db.execute(f"CREATE TEMP TABLE kind (kind INTEGER PRIMARY KEY, {ALIKE})")

    def stage(self, jobs: Sequence[tuple[int, "NewJob"]]) -> None:
        """Take more jobs in, each with its place in the caller's counting, which grows; nobody sees them yet."""
        kinds = [self._kind(job) for _, job in jobs]
        ids = new_ids(len(jobs))
        rows = [
            (place, job.id or new_id, job.command, kind)
            for (place, job), new_id, (kind, _) in zip(jobs, ids, kinds, strict=True)
        ]
        for some in range(0, len(rows), ROWS_AT_ONCE):  # one statement for many: far faster than one for each
            values = rows[some : some + ROWS_AT_ONCE]
            places = ", ".join(["(?, ?, ?, ?)"] * len(values))
            self._db.execute(f"INSERT INTO staged VALUES {places}", [*chain.from_iterable(values)])
        self._per_queue.update(Counter((queue, State.PENDING.value) for _, queue in kinds))

    def _kind(self, job: "NewJob") -> tuple[int, str]:
        """Its number, and the queue of such jobs."""
        alike = "" if job.model_fields_set <= OWN else str([one for one in job.__dict__.items() if one[0] not in OWN])
        kind = self._kinds.get(alike)
        if kind is None:
            if len(self._kinds) == MOST_KINDS:  # of a batch that has little in common
                self._kinds.clear()
            self._newest_kind += 1
            kind = self._kinds[alike] = (self._newest_kind, job.queue)
            row = [
                value
                for value, column in zip(new_row(job, self._now), COLUMNS.split(", "), strict=True)
                if column not in OWN
            ]
            self._db.execute(f"INSERT INTO kind (kind, {ALIKE}) VALUES (?, {marks(row)})", (kind[0], *row))
        return kind

    def commit(self) -> range:
        """Put all staged jobs into the queue; returns their `seq`s.

        Raises JobExists and CommandNotAllowed, with the place.
        """
        with self._db.transaction():
            self._allowed.check_staged({queue for queue, _ in self._per_queue})
            self._delay()
            try:
                self._db.execute(
                    f"INSERT INTO job (id, command, {ALIKE}) SELECT id, command, {ALIKE}"
                    " FROM staged CROSS JOIN kind USING (kind) ORDER BY position"
                )
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
                    for job_id, queue in self._db.rows(
                        "SELECT id, queue FROM staged CROSS JOIN kind USING (kind) ORDER BY position"
                    )
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
            "UPDATE kind SET next_run_at = next_run_at + ? WHERE due = 0 AND run_at IS NULL",
            (self._clock.now() - self._now,),
        )

    def _count(self) -> int:
        return self._per_queue.total()

    def _tag(self) -> None:
        if self._db.value("SELECT EXISTS (SELECT 1 FROM kind WHERE tags IS NOT NULL)"):
            self._db.execute(
                "INSERT OR IGNORE INTO job_tag SELECT tag.value, seq FROM staged CROSS JOIN kind USING (kind)"
                " CROSS JOIN job USING (id) CROSS JOIN json_each(kind.tags) AS tag WHERE kind.tags IS NOT NULL"
            )

    def _duplicate(self) -> JobExists:
        found = self._db.row(
            "SELECT id, position FROM staged WHERE id IN (SELECT id FROM job)"
            " OR id IN (SELECT id FROM staged GROUP BY id HAVING count(*) > 1) ORDER BY position DESC LIMIT 1"
        )
        assert found is not None, "a UNIQUE constraint failed without a duplicate"
        return JobExists(found[0], position=found[1])
