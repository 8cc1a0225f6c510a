"""Enqueueing a single job."""

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ulid import ULID

from queuectl_core.model.errors import JobExists, JobNotFound, KeyHeld
from queuectl_core.model.job import Job
from queuectl_core.model.state import State, Verb
from queuectl_core.model.unique import OnConflict
from queuectl_core.store import job_columns, jobs, unique_keys
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.clock import Clock
from queuectl_core.store.config import Config
from queuectl_core.store.dialect import marks
from queuectl_core.store.job_tags import add_tags
from queuectl_core.store.session import Session
from queuectl_core.store.time_index import TimeIndex
from queuectl_core.store.transitions import Change, Transitions
from queuectl_core.store.unique_keys import Replaced, UniqueKeys

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob

BEGINNING = "id, state, due, run_at, attempt, attempts, cancelling, created_at, updated_at, next_run_at"
"""The columns of a new job that users do not set."""

COLUMNS = f"{BEGINNING}, {job_columns.NAMES}"

ORIGIN = "schedule, scheduled_at"
"""The columns of a job that a schedule enqueues, in addition."""

_PLAIN = f"{COLUMNS}, {ORIGIN}"
_KEYED = f"{_PLAIN}, {unique_keys.COLUMNS}"


def _insert(columns: str) -> str:
    values = marks(len(columns.split(",")))
    return f"INSERT INTO job ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING RETURNING {jobs.NEW}"


_INSERT_PLAIN = _insert(_PLAIN)
_INSERT_KEYED = _insert(_KEYED)


class Enqueued(NamedTuple):
    """The job. `existing`: it was there before, and holds the unique key. `replaced`: its settings were replaced."""

    job: Job
    existing: bool = False
    replaced: bool = False


def new_row(job: "NewJob", now: float) -> tuple[Any, ...]:
    """The values of COLUMNS for a job that is enqueued now."""
    run_at = job.run_at.timestamp() if job.run_at else None
    beginning = _beginning(job.id or str(ULID()), now, job.due_at(now), run_at)
    return (*beginning, *job_columns.values(job))


def _beginning(job_id: str, now: float, due_at: float, run_at: float | None) -> tuple[Any, ...]:
    """The values of BEGINNING."""
    return (job_id, State.PENDING, due_at <= now, run_at, 0, 0, False, now, now, due_at)


class Enqueue:
    """Enqueues one job in one short transaction."""

    def __init__(self, session: Session, transitions: Transitions, clock: Clock, config: Config) -> None:
        self._session = session
        self._config = config
        self._clock = clock
        self._time_index = TimeIndex(session)
        self._allowed = AllowedCommands(session)
        self._keys = UniqueKeys(session, transitions)
        self._transitions = transitions

    def enqueue(
        self, job: "NewJob", *, optional_cwd: bool = False, schedule: tuple[str | None, float | None] = (None, None)
    ) -> Enqueued:
        """Enqueue a job, unless its unique key is held. Raises JobExists, KeyHeld, CommandNotAllowed.

        `optional_cwd`: ignore its `cwd` if it runs in a sandbox, or if its queue does not accept jobs with one.
        `schedule`: the schedule that enqueues it, and for which time.
        """
        with self._session.joined():
            if optional_cwd and job.cwd is not None and not self._takes_cwd(job):
                job = job.model_copy(update={"cwd": None})
            now = self._clock.now() if job.delay or job.run_at or job.unique else time.time()
            row = (*new_row(job, now), *schedule)
            self._allowed.check_new(job.queue, job.command, surrounded=bool(job.env) or job.cwd is not None)
            inserted: tuple[Any, ...] | Enqueued | None
            if job.unique is not None:
                inserted = self._insert_keyed(job, (*row, *unique_keys.values(job, now)), now, schedule)
                if isinstance(inserted, Enqueued):
                    return inserted
            else:
                inserted = self._session.row(_INSERT_PLAIN, row)
                if inserted is None:
                    raise JobExists(row[0], same=self._is_written(row))
            new = jobs.as_job(inserted, self._config.numbers())
            self._time_index.note(now, new.seq)
            add_tags(self._session, new.seq, job.tags)
            self._transitions.tell([Change(Verb.ENQUEUE, new.seq, new.id, new.queue, None, State.PENDING)])
        return Enqueued(new)

    def _insert_keyed(
        self, job: "NewJob", row: tuple[Any, ...], now: float, schedule: tuple[str | None, float | None]
    ) -> tuple[Any, ...] | Enqueued:
        """The inserted row, or the job that holds the key."""
        while True:
            existing = self._existing(job, now, schedule)
            if existing is not None:
                return existing
            inserted = self._session.row(_INSERT_KEYED, row)
            if inserted is not None:
                return inserted
            if self._settings_of(row[0]) is not None:
                raise JobExists(row[0], same=self._is_written(row))
            # another process has taken the key meanwhile

    def _existing(self, job: "NewJob", now: float, schedule: tuple[str | None, float | None]) -> Enqueued | None:
        """The job that holds the key, after its settings were replaced if the new one says so. Raises KeyHeld."""
        assert job.unique is not None
        replace = job.on_conflict is OnConflict.REPLACE
        holder = self._keys.holder(job.unique, now, lock=replace)
        if holder is None:
            return None
        self._keys.refuse(job.unique, holder, job.on_conflict)
        if replace:
            columns = job_columns.written(job) | {"run_at": job.run_at.timestamp() if job.run_at else None}
            columns |= dict(zip(ORIGIN.split(", "), schedule, strict=True))
            columns |= dict(zip(unique_keys.COLUMNS.split(", "), unique_keys.values(job, now), strict=True))
            self._keys.replace(holder, Replaced(columns, job.tags, job.due_at(now)), now)
        row = self._session.row(f"SELECT {jobs.COLUMNS} FROM job WHERE seq = ?", (holder.seq,))
        return Enqueued(jobs.as_job(row, self._config.numbers()), existing=True, replaced=replace) if row else None

    def rerun(self, job_id: str) -> str:
        """Enqueue a copy of a job, due now; returns its id. Raises JobNotFound, KeyHeld, CommandNotAllowed."""
        with self._session.transaction():
            lock = self._session.dialect.lock_rows  # it may be deleted or moved to another queue
            old = self._session.row(
                f"SELECT seq, queue, unique_key, unique_for FROM job WHERE id = ? {lock}", (job_id,)
            )
            if old is None:
                raise JobNotFound(job_id)
            now = time.time() if old[2] is None else self._clock.now()
            holder = None if old[2] is None else self._keys.holder(old[2], now)
            if holder is not None:
                raise KeyHeld(old[2], holder.id, "wait until that has ended, or its time is over")
            row = _beginning(str(ULID()), now, now, None)
            held = (old[2], None if old[3] is None else now + old[3])
            seq = self._session.value(
                f"INSERT INTO job ({BEGINNING}, held_key, held_until, unique_key, unique_for, {job_columns.NAMES})"
                f" SELECT {marks(len(row))}, ?, CAST(? AS double precision), unique_key, unique_for,"
                f" {job_columns.NAMES} FROM job WHERE seq = ? RETURNING seq",
                (*row, *held, old[0]),
            )
            self._allowed.check(seq)
            self._time_index.note(now, seq)
            self._session.execute("INSERT INTO job_tag SELECT tag, ? FROM job_tag WHERE seq = ?", (seq, old[0]))
            self._transitions.tell([Change(Verb.ENQUEUE, seq, row[0], old[1], None, State.PENDING)])
        return str(row[0])

    def _is_written(self, row: tuple[Any, ...]) -> bool:
        """Whether the existing job with this row's id has the same settings."""
        new = dict.fromkeys(_KEYED.split(", ")) | dict(zip(_KEYED.split(", "), row, strict=False))
        there = self._settings_of(row[0])
        return there is not None and job_columns.same(dict(zip(job_columns.COMPARED, there, strict=True)), new)

    def _settings_of(self, job_id: str) -> tuple[Any, ...] | None:
        """The values of COMPARED of the job with that id."""
        return self._session.row(f"SELECT {', '.join(job_columns.COMPARED)} FROM job WHERE id = ?", (job_id,))

    def _takes_cwd(self, job: "NewJob") -> bool:
        sandbox = job.sandbox or self._config.numbers()["sandbox"]
        return not sandbox and self._allowed.takes_surrounded(job.queue)
