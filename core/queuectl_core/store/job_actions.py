"""Actions of users on jobs: edit, cancel, retry, delete."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from queuectl_core.model.errors import JobNotFound, KeyHeld, WrongState
from queuectl_core.model.state import State, Verb, sources
from queuectl_core.store import job_columns
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.clock import Clock
from queuectl_core.store.job_tags import replace_tags
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import FOUND, Found, LogKey, Transitions, found
from queuectl_core.store.unique_keys import UniqueKeys

if TYPE_CHECKING:  # a worker edits no jobs, and does not need pydantic
    from queuectl_core.model.new_job import JobChange


class JobActions:
    """Each is one short transaction."""

    def __init__(self, session: Session, transitions: Transitions, clock: Clock) -> None:
        self._session = session
        self._transitions = transitions
        self._clock = clock
        self._allowed = AllowedCommands(session)
        self._keys = UniqueKeys(session, transitions)

    def edit(self, job_id: str, new: "JobChange") -> None:
        """Change the given fields of a waiting job. Raises WrongState, JobNotFound, CommandNotAllowed.

        The due time of a failed job does not change, unless a new one is given.
        """
        with self._session.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.EDIT):
                raise WrongState(job_id, job.state, "only a waiting job (pending or failed) can be edited")
            given = new.model_fields_set
            if not given:
                return
            now = self._clock.now() if new.delay or new.run_at else time.time()
            due_at = new.due_at(now) if given & {"run_at", "delay"} else None
            columns = {name: value for name, value in job_columns.written(new).items() if name in given}
            if due_at is not None:
                columns["run_at"] = new.run_at.timestamp() if new.run_at else None
            self._transitions.apply(Verb.EDIT, [job], job.state, now, due_at=due_at, **columns)
            if given & {"command", "queue", "env", "cwd"}:
                self._allowed.check(job.seq)
            if "tags" in given:
                replace_tags(self._session, job.seq, new.tags)

    def cancel(self, job_id: str) -> None:
        """Cancel a waiting job, or ask the worker of a running one to stop it. Raises WrongState, JobNotFound."""
        with self._session.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.CANCEL):
                raise WrongState(job_id, job.state, "it has already ended")
            if not job.cancelling:
                self.cancel_found([job])

    def retry(self, job_id: str, only: State | None = None) -> None:
        """Return a job to pending, due now, with fresh attempts.

        Raises WrongState, JobNotFound, CommandNotAllowed; KeyHeld if another job holds its unique key.
        """
        with self._session.transaction():
            job = self._find(job_id)
            if job.state not in sources(Verb.RETRY) or (only and job.state is not only):
                allowed = only or "dead, cancelled or failed"
                raise WrongState(job_id, job.state, f"only a {allowed} job can be retried")
            self._allowed.check(job.seq)
            for refusal in self.held_by_others([job]).values():
                raise refusal
            self.retry_found([job])

    def delete(self, job_id: str, *, force: bool = False) -> Found:
        """Remove a job and its history; returns it as it was. Its logs are left. Raises WrongState, JobNotFound.

        `force`: also if it is running; its worker notices that the lease has expired, and stops the command.
        """
        with self._session.transaction():
            job = self._find(job_id)
            if job.state is State.PROCESSING and not force:
                raise WrongState(job_id, job.state, "cancel it first, or use force")
            self.delete_found([job])
        return job

    def expire(self, retention: float, limit: int = 500) -> list[LogKey]:
        """Delete up to `limit` jobs that were completed or cancelled more than `retention` seconds ago.

        A job that holds its unique key for a given time stays until then.
        """
        with self._session.transaction():
            rows = self._session.rows(
                f"SELECT {FOUND} FROM job {self._session.dialect.by('job_finished')}"
                " WHERE state IN ('completed', 'cancelled') AND finished_at < ?"
                " AND (held_key IS NULL OR held_until <= ?)"
                f" LIMIT ? {self._session.dialect.lock_rows}",
                (time.time() - retention, self._clock.now(), limit),
            )
            old = [found(row) for row in rows]
            self.delete_found(old)
        return [job.log_key for job in old]

    # For jobs whose state was checked in the same transaction

    def held_by_others(self, jobs: Sequence[Found]) -> dict[int, KeyHeld]:
        """See UniqueKeys.passed_over."""
        return self._keys.passed_over(jobs, self._clock.now()) if any(job.unique_key for job in jobs) else {}

    def cancel_found(self, jobs: Sequence[Found]) -> None:
        """Cancel waiting jobs, and ask the workers of running ones to stop them."""
        now = time.time()
        running = [job for job in jobs if job.state is State.PROCESSING]
        waiting = [job for job in jobs if job.state is not State.PROCESSING]
        self._transitions.apply(Verb.CANCEL, running, State.PROCESSING, now)
        self._transitions.apply(Verb.CANCEL, waiting, State.CANCELLED, now)

    def retry_found(self, jobs: Sequence[Found]) -> None:
        """Return jobs to pending, with fresh attempts."""
        now = time.time()
        self._transitions.apply(Verb.RETRY, jobs, State.PENDING, now, due_at=now)

    def delete_found(self, jobs: Sequence[Found]) -> None:
        """Delete jobs and their history."""
        self._transitions.apply(Verb.DELETE, jobs, None, time.time())

    def _find(self, job_id: str) -> Found:
        row = self._session.row(f"SELECT {FOUND} FROM job WHERE id = ? {self._session.dialect.lock_rows}", (job_id,))
        if row is None:
            raise JobNotFound(job_id)
        return found(row)
