"""Enqueueing a single job."""

import time
from typing import TYPE_CHECKING, Any

from ulid import ULID

from queuectl_core.model.errors import JobExists, JobNotFound
from queuectl_core.model.job import Job
from queuectl_core.model.state import State, Verb
from queuectl_core.store import job_columns, jobs
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.clock import Clock
from queuectl_core.store.config import Config
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session
from queuectl_core.store.time_index import TimeIndex
from queuectl_core.store.transitions import Change, Transitions

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob

BEGINNING = "id, state, due, run_at, attempt, attempts, cancelling, created_at, updated_at, next_run_at"
"""The columns of a new job that users do not set."""

COLUMNS = f"{BEGINNING}, {job_columns.NAMES}"

ORIGIN = "schedule, scheduled_at"
"""The columns of a job that a schedule enqueues, in addition."""

_ALL = f"{COLUMNS}, {ORIGIN}"

_INSERT = (
    f"INSERT INTO job ({_ALL}) VALUES ({marks(len(_ALL.split(',')))}) ON CONFLICT (id) DO NOTHING RETURNING {jobs.NEW}"
)


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
        self._transitions = transitions

    def enqueue(
        self, job: "NewJob", *, optional_cwd: bool = False, schedule: tuple[str | None, float | None] = (None, None)
    ) -> Job:
        """Enqueue a job; returns it as it is now. Raises JobExists, CommandNotAllowed.

        `optional_cwd`: ignore its `cwd` if it runs in a sandbox, or if its queue does not accept jobs with one.
        `schedule`: the schedule that enqueues it, and for which time.
        """
        with self._session.joined():
            if optional_cwd and job.cwd is not None and not self._takes_cwd(job):
                job = job.model_copy(update={"cwd": None})
            now = self._clock.now() if job.delay or job.run_at else time.time()
            row = (*new_row(job, now), *schedule)
            self._allowed.check_new(job.queue, job.command, surrounded=bool(job.env) or job.cwd is not None)
            inserted = self._session.row(_INSERT, row)
            if inserted is None:
                raise JobExists(row[0], same=self._is_written(row))
            new = jobs.as_job(inserted, self._config.numbers())
            self._time_index.note(now, new.seq)
            add_tags(self._session, new.seq, job.tags)
            self._transitions.tell([Change(Verb.ENQUEUE, new.seq, new.id, new.queue, None, State.PENDING)])
        return new

    def rerun(self, job_id: str) -> str:
        """Enqueue a copy of a job, due now; returns its id. Raises JobNotFound, CommandNotAllowed."""
        with self._session.transaction():
            lock = self._session.dialect.lock_rows  # it may be deleted or moved to another queue
            old = self._session.row(f"SELECT seq, queue FROM job WHERE id = ? {lock}", (job_id,))
            if old is None:
                raise JobNotFound(job_id)
            now = time.time()
            row = _beginning(str(ULID()), now, now, None)
            seq = self._session.value(
                f"INSERT INTO job ({COLUMNS}) SELECT {marks(len(row))}, {job_columns.NAMES} FROM job WHERE seq = ?"
                " RETURNING seq",
                (*row, old[0]),
            )
            self._allowed.check(seq)
            self._time_index.note(now, seq)
            self._session.execute("INSERT INTO job_tag SELECT tag, ? FROM job_tag WHERE seq = ?", (seq, old[0]))
            self._transitions.tell([Change(Verb.ENQUEUE, seq, row[0], old[1], None, State.PENDING)])
        return str(row[0])

    def _is_written(self, row: tuple[Any, ...]) -> bool:
        """Whether the existing job with this row's id has the same settings."""
        new = dict(zip(_ALL.split(", "), row, strict=True))
        there = self._session.row(f"SELECT {', '.join(job_columns.COMPARED)} FROM job WHERE id = ?", (new["id"],))
        return there is not None and job_columns.same(dict(zip(job_columns.COMPARED, there, strict=True)), new)

    def _takes_cwd(self, job: "NewJob") -> bool:
        sandbox = job.sandbox or self._config.numbers()["sandbox"]
        return not sandbox and self._allowed.takes_surrounded(job.queue)


def add_tags(session: Session, seq: int, tags: list[str]) -> None:
    """Index a job by its tags."""
    if tags:
        session.execute_many("INSERT INTO job_tag VALUES (?, ?) ON CONFLICT DO NOTHING", [(tag, seq) for tag in tags])
