"""A batch: jobs are staged in temporary tables as they arrive, then moved in one short transaction.

A driver provides the tables `staged` (position, id, command, template) and `template` (template, and TEMPLATE_COLUMNS).
"""

import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from queuectl_core.model.errors import Conflict, IdGivenTwice, JobExists
from queuectl_core.model.event import EventType
from queuectl_core.model.state import State, Verb
from queuectl_core.store import job_columns, unique_keys
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.batch_ids import ids_from
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.clock import Clock
from queuectl_core.store.dialect import marks
from queuectl_core.store.enqueue import COLUMNS, new_row
from queuectl_core.store.session import Session
from queuectl_core.store.staged_keys import KeyTaken, StagedKeys
from queuectl_core.store.time_index import TimeIndex
from queuectl_core.store.transitions import Change, Transitions
from queuectl_core.store.unique_keys import UniqueKeys

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob

TOLD_ONE_BY_ONE = 1000
MOST_TEMPLATES = 1000
ROWS_AT_ONCE = 1000

OWN = frozenset({"id", "command"})
KEYED = OWN | {"unique", "unique_for", "on_conflict"}
"""The fields that are not in a template."""

TEMPLATE_COLUMNS = [column for column in COLUMNS.split(", ") if column not in OWN]
TEMPLATE = ", ".join(TEMPLATE_COLUMNS)


class StagedBatch(ABC):
    """See Batch. One per connection.

    Staging takes no lock and little memory, however slowly jobs arrive. Jobs that differ only in id and command share a
    template, which is stored once. Generated ids count up from `first_id`: with the same one, the same jobs get the
    same ids.
    """

    def __init__(
        self, session: Session, transitions: Transitions, change_log: ChangeLog, clock: Clock, first_id: str
    ) -> None:
        self.first_id = first_id
        self._session = session
        self._clock = clock
        self._time_index = TimeIndex(session)
        self._allowed = AllowedCommands(session)
        self._transitions = transitions
        self._change_log = change_log
        self._now = time.time()
        self._per_queue: Counter[tuple[str, str]] = Counter()
        self._templates: dict[str, tuple[int, str]] = {}
        self._newest_template = 0
        self._keys = StagedKeys(session, UniqueKeys(session, transitions))
        self.staged = f"staged {session.dialect.ordered_join} template USING (template)"
        self._create_tables()

    @abstractmethod
    def _create_tables(self) -> None:
        """Create the temporary tables."""

    @abstractmethod
    def _insert(self, entry: int | None) -> int:
        """Insert all staged jobs, in order; returns the lowest `seq` of them. Raises the error of `_duplicate`."""

    def _inserted(self, entry: str) -> str:
        """SQL: the columns that are inserted, and their SELECT. `entry`: a placeholder. Parameters: see `_given`."""
        keys, values, source = "", "", self.staged
        if self._keys.used:
            keys = f", {unique_keys.COLUMNS}"
            values = ", unique_key, unique_for, unique_key, unique_for + CAST(? AS double precision)"
            source = f"{self.staged} LEFT JOIN staged_key USING (position)"
        return (
            f"(id, command, {TEMPLATE}, batch{keys})"
            f" SELECT staged.id, staged.command, {TEMPLATE}, {entry}{values} FROM {source}"
        )

    def _given(self, entry: int | None) -> tuple[float | None, ...]:
        return (entry, self._now) if self._keys.used else (entry,)

    def _write(self, rows: Sequence[tuple[int, str, str, int]]) -> None:
        """Add rows to the table `staged`."""
        for first in range(0, len(rows), ROWS_AT_ONCE):  # one statement for many rows: much faster than one for each
            values = rows[first : first + ROWS_AT_ONCE]
            places = ", ".join(["(?, ?, ?, ?)"] * len(values))
            self._session.execute(f"INSERT INTO staged VALUES {places}", [*chain.from_iterable(values)])

    def stage(self, jobs: Sequence[tuple[int, "NewJob"]]) -> None:
        """See Batch."""
        templates = [self._template(job) for _, job in jobs]
        ids = ids_from(self.first_id, len(self), len(jobs))
        rows = [
            (position, job.id or new_id, job.command, template)
            for (position, job), new_id, (template, _) in zip(jobs, ids, templates, strict=True)
        ]
        self._write(rows)
        self._keys.add(jobs)
        self._per_queue.update(Counter((queue, State.PENDING.value) for _, queue in templates))

    def _template(self, job: "NewJob") -> tuple[int, str]:
        """The number of the job's template, and the template's queue."""
        key = "" if job.model_fields_set <= KEYED else str([one for one in job.__dict__.items() if one[0] not in KEYED])
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) == MOST_TEMPLATES:  # jobs that have little in common
                self._templates.clear()
            self._newest_template += 1
            template = self._templates[key] = (self._newest_template, job.queue)
            new = dict(zip(COLUMNS.split(", "), new_row(job, self._now), strict=True))
            row = [template[0], *(new[name] for name in TEMPLATE_COLUMNS)]
            self._session.execute(f"INSERT INTO template (template, {TEMPLATE}) VALUES ({marks(len(row))})", row)
        return template

    def commit(self, entry: int | None = None) -> None:
        """See Batch."""
        with self._session.transaction():
            self._allowed.check_staged({queue for queue, _ in self._per_queue})
            self._delay()
            if self._keys.used:
                self._insert_keyed(entry)
            elif len(self):
                self._time_index.note(self._now, self._insert(entry))
            self._tag()
            self._tell()

    def _insert_keyed(self, entry: int | None) -> None:
        while True:
            # Again if another process was faster, or after a deadlock with another batch.
            with suppress(KeyTaken, Conflict), self._session.transaction():
                self._keys.settle(self._now)
                self._recount()
                if len(self):
                    self._time_index.note(self._now, self._insert(entry))
                return

    def _recount(self) -> None:
        rows = self._session.rows(f"SELECT queue, count(*) FROM {self.staged} GROUP BY queue")
        self._per_queue = Counter({(queue, State.PENDING.value): jobs for queue, jobs in rows})

    def __len__(self) -> int:
        return self._per_queue.total()

    @property
    def outcome(self) -> str:
        """See Batch."""
        returned = self._keys.returned()
        return f"{self.first_id} {json.dumps(returned)}" if returned else self.first_id

    def repeat(self, outcome: str) -> None:
        """See Batch."""
        returned = outcome.removeprefix(self.first_id)
        if returned:
            self._keys.repeat(json.loads(returned))
            self._recount()

    def existing(self) -> Iterator[str]:
        """See Batch."""
        return self._keys.existing()

    def ids(self) -> Iterator[str]:
        """See Batch."""
        position = -1
        next_of = "SELECT id, position FROM {} WHERE position > :after ORDER BY position LIMIT 1000"
        page = next_of.format("staged")
        if self._keys.used:
            both = (
                f"SELECT * FROM ({page}) AS enqueued UNION ALL SELECT * FROM ({next_of.format('returned')}) AS others"
            )
            page = f"{both} ORDER BY position LIMIT 1000"
        while rows := self._session.rows(page, {"after": position}):
            yield from (row[0] for row in rows)
            position = rows[-1][1]

    def _delay(self) -> None:
        """Make delays and times of unique keys count from now, and see what is due, by the database's clock."""
        now = self._clock.now()
        self._session.execute(
            "UPDATE template SET due = CASE WHEN run_at <= ? THEN 1 ELSE 0 END,"
            " next_run_at = coalesce(run_at, next_run_at + ?) WHERE due = 0 OR run_at IS NOT NULL",
            (now, now - self._now),
        )
        self._now = now

    def _tag(self) -> None:
        join = self._session.dialect.ordered_join
        if self._session.value("SELECT EXISTS (SELECT 1 FROM template WHERE tags IS NOT NULL)"):
            self._session.execute(
                f"INSERT INTO job_tag SELECT tag.value, seq FROM {self.staged} {join} job USING (id)"
                f" CROSS JOIN {self._session.dialect.json_values('template.tags', 'tag')}"
                " WHERE template.tags IS NOT NULL ON CONFLICT DO NOTHING"
            )

    def _tell(self) -> None:
        """For a large batch, only update counts: live views reload instead of receiving an event for each job."""
        if len(self) <= TOLD_ONE_BY_ONE:
            join = self._session.dialect.ordered_join
            rows = self._session.rows(f"SELECT seq, id, queue FROM staged {join} job USING (id) ORDER BY position")
            self._transitions.tell(
                [Change(Verb.ENQUEUE, seq, job_id, queue, None, State.PENDING) for seq, job_id, queue in rows]
            )
        else:
            enqueued = Counter({(queue, "enqueued"): jobs for (queue, _), jobs in self._per_queue.items()})
            self._change_log.count(self._per_queue, enqueued)
            self._change_log.tell(EventType.MANY, "", "changed")

    def _duplicate(self, existing: str, parameters: Sequence[int] = ()) -> Exception:
        """Why not all were inserted: JobExists, IdGivenTwice, KeyTaken. `existing`: SQL, true for jobs of others."""
        twice = self._session.row(
            "SELECT id FROM staged GROUP BY id HAVING count(*) > 1 ORDER BY min(position) LIMIT 1"
        )
        if twice is not None:
            [(first,), (second,)] = self._session.rows(
                "SELECT position FROM staged WHERE id = ? ORDER BY position LIMIT 2", twice
            )
            return IdGivenTwice(twice[0], first, second)
        names = job_columns.COMPARED
        of_job = ", ".join(f"job.{name}" for name in names)
        of_this = ", ".join(map(self._place_of, names))
        keys = "LEFT JOIN staged_key USING (position)" if self._keys.used else ""
        found = self._session.row(
            f"SELECT id, position, {of_job}, {of_this} FROM {self.staged} {keys}"
            f" {self._session.dialect.ordered_join} job USING (id) WHERE {existing} ORDER BY position LIMIT 1",
            parameters,
        )
        if found is None:
            assert self._keys.used, "a row conflicted without a duplicate"
            return KeyTaken()
        job_id, position, *values = found
        there, this = (dict(zip(names, some, strict=True)) for some in (values[: len(names)], values[len(names) :]))
        return JobExists(job_id, same=job_columns.same(there, this), position=position)

    def _place_of(self, name: str) -> str:
        """SQL: the column of a staged job."""
        if name in OWN:
            return f"staged.{name}"
        if name in unique_keys.COLUMNS.split(", "):
            return f"staged_key.{name}" if self._keys.used else "NULL"
        return f"template.{name}"
