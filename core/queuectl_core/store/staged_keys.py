"""The unique keys of a staged batch: which of its jobs are enqueued, and which stand for a job that holds their key.

Keys are rare in batches, so they are in tables of their own, which a batch without keys does not even create:
`staged_key`, one row for each job with a key; `holder`, the job that has a key when the batch is enqueued, or (with a
position) the first job of the batch with that key; and `returned`, what became of the jobs that are not enqueued.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from queuectl_core.model.errors import KeyHeld
from queuectl_core.model.state import WAITING
from queuectl_core.model.unique import OnConflict
from queuectl_core.store import job_columns, unique_keys
from queuectl_core.store.session import Session
from queuectl_core.store.unique_keys import EXPIRE, Replaced, UniqueKeys

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob

ROWS_AT_ONCE = 1000

TABLES = (
    "CREATE TEMP TABLE staged_key AS"
    " SELECT 0 AS position, unique_key, unique_for, unique_key AS on_conflict FROM job WHERE false",
    "CREATE UNIQUE INDEX staged_key_position ON staged_key (position)",
    "CREATE INDEX staged_key_key ON staged_key (unique_key, position)",
    "CREATE TEMP TABLE holder AS SELECT unique_key, 0 AS position, id, state FROM job WHERE false",
    "CREATE UNIQUE INDEX holder_key ON holder (unique_key)",
    "CREATE TEMP TABLE returned (position integer PRIMARY KEY, id text, existing integer)",
)

HELD = (
    "FROM staged_key JOIN holder USING (unique_key) LEFT JOIN staged AS leader ON leader.position = holder.position"
    " WHERE staged_key.position <> holder.position"
)
"""SQL: the staged jobs whose key another one has."""

REPLACEABLE = ", ".join(f"'{state}'" for state in sorted(WAITING))


class KeyTaken(Exception):
    """Another transaction has taken or released a key since `settle`: settle again."""


class StagedKeys:
    """Of one batch. Call all but `add` in the transaction of its commit."""

    def __init__(self, session: Session, keys: UniqueKeys) -> None:
        self._session = session
        self._keys = keys
        self.used = False
        """Whether a job has a key."""

    def add(self, jobs: Sequence[tuple[int, "NewJob"]]) -> None:
        """Stage the keys of these jobs."""
        rows = [
            (position, job.unique, job.unique_for, job.on_conflict or OnConflict.RETURN)
            for position, job in jobs
            if job.unique is not None
        ]
        if rows:
            self._insert("staged_key", rows)

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not self.used:
            self.used = True
            for statement in TABLES:
                self._session.execute(statement)
        for first in range(0, len(rows), ROWS_AT_ONCE):
            values = rows[first : first + ROWS_AT_ONCE]
            places = ", ".join([f"({', '.join('?' * len(values[0]))})"] * len(values))
            self._session.execute(f"INSERT INTO {table} VALUES {places}", [*chain.from_iterable(values)])

    def settle(self, now: float) -> None:
        """Leave only jobs in `staged` that are to be enqueued. Raises KeyHeld with the position, KeyTaken."""
        self._session.execute(f"{EXPIRE} AND held_key IN (SELECT unique_key FROM staged_key)", (now,))
        self._session.execute(
            "INSERT INTO holder SELECT held_key, -1, id, state FROM job"
            " WHERE held_key IN (SELECT unique_key FROM staged_key)"
        )
        self._session.execute(
            "INSERT INTO holder SELECT unique_key, min(position), NULL, NULL FROM staged_key"
            " WHERE unique_key NOT IN (SELECT unique_key FROM holder) GROUP BY unique_key"
        )
        self._refuse()
        self._replace(now)
        self._session.execute(
            "INSERT INTO returned SELECT staged_key.position, coalesce(holder.id, leader.id),"
            f" CASE WHEN holder.id IS NULL THEN 0 ELSE 1 END {HELD}"
        )
        self._session.execute("DELETE FROM staged WHERE position IN (SELECT position FROM returned)")

    def _refuse(self) -> None:
        row = self._session.row(
            "SELECT staged_key.position, unique_key, holder.position, coalesce(holder.id, leader.id), holder.state,"
            f" on_conflict {HELD} AND (on_conflict = 'reject' OR on_conflict = 'replace' AND holder.state IS NOT NULL"
            f" AND holder.state NOT IN ({REPLACEABLE})) ORDER BY staged_key.position LIMIT 1"
        )
        if row is not None:
            position, key, first, job_id, state, on_conflict = row
            reason = unique_keys.not_replaced(state) if on_conflict == OnConflict.REPLACE else ""
            raise KeyHeld(key, job_id, reason, position=position, first=first if state is None else None)

    def _replace(self, now: float) -> None:
        """Of several jobs that replace the same one, the last one counts."""
        key = ""
        while rows := self._session.rows(
            f"SELECT unique_key, max(staged_key.position), holder.position {HELD} AND on_conflict = 'replace'"
            " AND unique_key > ? GROUP BY unique_key, holder.position ORDER BY unique_key LIMIT ?",
            (key, ROWS_AT_ONCE),
        ):
            for key, last, first in rows:
                if first < 0:
                    self._replace_job(key, last, now)
                else:
                    self._replace_staged(first, last)

    def _replace_job(self, key: str, last: int, now: float) -> None:
        holder = self._keys.holder(key, now, lock=True)
        if holder is None or holder.state not in WAITING:
            raise KeyTaken
        names = ("run_at", *job_columns.NAMES.split(", "), "next_run_at", "unique_for")
        row = self._session.row(
            f"SELECT {', '.join(names)} FROM staged JOIN template USING (template) JOIN staged_key USING (position)"
            " WHERE position = ?",
            (last,),
        )
        assert row is not None
        columns = dict(zip(names, row, strict=True))
        due_at, unique_for = columns.pop("next_run_at"), columns["unique_for"]
        until = None if unique_for is None else now + unique_for
        columns |= {"held_until": until, "schedule": None, "scheduled_at": None}
        tags = json.loads(columns["tags"]) if columns["tags"] else []
        self._keys.replace(holder, Replaced(columns, tags, due_at), now)

    def _replace_staged(self, first: int, last: int) -> None:
        self._session.execute(
            "UPDATE staged SET (command, template) ="
            " (SELECT command, template FROM staged AS other WHERE other.position = ?) WHERE position = ?",
            (last, first),
        )
        self._session.execute(
            "UPDATE staged_key SET unique_for ="
            " (SELECT unique_for FROM staged_key AS other WHERE other.position = ?) WHERE position = ?",
            (last, first),
        )

    # After the commit

    def returned(self) -> list[tuple[int, str, int]]:
        """Position, id, and whether (1 or 0) the job existed before the batch, of the jobs that were not enqueued."""
        rows = self._session.rows("SELECT position, id, existing FROM returned ORDER BY position") if self.used else []
        return [(position, job_id, existing) for position, job_id, existing in rows]

    def repeat(self, returned: Sequence[tuple[int, str, int]]) -> None:
        """Instead of settling: as it was settled before."""
        if returned:
            self._insert("returned", [tuple(row) for row in returned])
            self._session.execute("DELETE FROM staged WHERE position IN (SELECT position FROM returned)")

    def existing(self) -> Iterator[str]:
        """The ids of jobs that existed already, in order."""
        position = -1
        while self.used and (
            rows := self._session.rows(
                "SELECT id, position FROM returned WHERE existing = 1 AND position > ? ORDER BY position LIMIT ?",
                (position, ROWS_AT_ONCE),
            )
        ):
            yield from (row[0] for row in rows)
            position = rows[-1][1]
