"""State transitions of jobs: the only code that changes a job's state, according to the table in `model.state`."""

from collections.abc import Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple, Protocol, TypeAlias

from queuectl_core.model.attempt import Lease
from queuectl_core.model.errors import Conflict
from queuectl_core.model.state import ENDED, TRANSITIONS, State, Verb
from queuectl_core.store.dialect import Given
from queuectl_core.store.session import Session

LogKey: TypeAlias = tuple[int, int]
"""Identifies a job's logs: its `seq` and the number of its latest attempt."""


class Found(NamedTuple):
    """The columns of a job that transitions need: those of FOUND."""

    seq: int
    id: str
    queue: str
    state: State
    attempts: int
    cancelling: bool
    attempt: int
    batch: int | None
    unique_key: str | None = None

    @property
    def log_key(self) -> LogKey:
        """The key of its logs."""
        return self.seq, self.attempt


FOUND = "seq, id, queue, state, attempts, cancelling, attempt, batch, unique_key"


def found(row: tuple[Any, ...]) -> Found:
    """From the values of FOUND."""
    seq, job_id, queue, state, attempts, cancelling, attempt, batch, unique_key = row
    return Found(seq, job_id, queue, State(state), attempts, bool(cancelling), attempt, batch, unique_key)


class Change(NamedTuple):
    """A transition of a job. `source`: None for a new job. `target`: None for a deleted job.

    `waited`: for a started job, the seconds from its due time to its start. `ran`: the duration in seconds of an
    attempt that ended. `old_queue`: the previous queue, if it changed.
    """

    verb: Verb
    seq: int
    job_id: str
    queue: str
    source: State | None
    target: State | None
    attempts: int = 0
    cancelling: bool = False
    waited: float | None = None
    ran: float | None = None
    old_queue: str | None = None


class Observer(Protocol):
    """Notified of every transition, inside its transaction."""

    def moved(self, changes: Sequence[Change]) -> None:
        """Called with the transitions."""
        ...


_RELEASED = "held_key = CASE WHEN unique_for IS NOT NULL THEN held_key END"
"""A job that has ended holds its unique key only if it does so for a given time."""

_TAKEN_AGAIN = "held_key = CASE WHEN unique_for IS NULL THEN unique_key ELSE held_key END"

_EFFECTS = {
    (Verb.COMPLETE, State.COMPLETED): _RELEASED,
    (Verb.FAIL, State.DEAD): _RELEASED,
    (Verb.FAIL, State.CANCELLED): _RELEASED,
    (Verb.HAND_BACK, State.CANCELLED): _RELEASED,
    (Verb.CLAIM, State.PROCESSING): "attempt = attempt + 1, attempts = attempts + 1, exit_code = NULL, error = NULL",
    (Verb.HAND_BACK, State.PENDING): "attempts = attempts - 1",
    (Verb.CANCEL, State.CANCELLED): f"error = 'cancelled', {_RELEASED}",
    (Verb.CANCEL, State.PROCESSING): "cancelling = 1",
    (Verb.RETRY, State.PENDING): "attempts = 0, exit_code = NULL, error = NULL, failure = NULL, worker = NULL,"
    f" {_TAKEN_AGAIN}",
}
"""The columns that a transition changes, besides those that its caller sets."""


class Transitions:
    """Every write is conditional on the expected state, and otherwise changes nothing."""

    def __init__(self, session: Session, observers: Sequence[Observer]) -> None:
        self._session = session
        self._observers = observers
        self._seqs = session.dialect.given("seq bigint, state text")
        self._leases = session.dialect.given("seq bigint, attempt integer, worker text")

    def apply(
        self,
        verb: Verb,
        jobs: Sequence[Found],
        target: State | None,
        now: float,
        *,
        due_at: float | None = None,
        waited: Sequence[float] | None = None,
        **columns: Any,
    ) -> None:
        """Move jobs that were read, and locked, in the same transaction. Raises Conflict if they have changed since.

        `due_at`: the new due time, if `target` is a waiting state; None: unchanged. `waited`: see Change, one per job.
        `columns`: further columns to set, the same for all jobs.
        """
        columns = {} if target is None else _columns(verb, target, now, due_at) | columns
        if target is None:
            changed = self._session.execute_many(
                "DELETE FROM job WHERE seq = ? AND state = ?", [(job.seq, job.state) for job in jobs]
            )
        else:
            sql = _update(self._seqs, verb, target, *columns)
            states = [{"seq": job.seq, "state": job.state} for job in jobs]
            changed = self._session.execute_each(sql, tuple(columns.values()), states)
        self.moved(verb, jobs, target, changed, waited, columns.get("queue"))

    def claim(self, worker: str, now: float) -> tuple[str, tuple[Any, ...]]:
        """For a statement of a driver that claims jobs: the assignments of its UPDATE, and their parameters.

        The driver calls `moved` with the result.
        """
        columns = _columns(Verb.CLAIM, State.PROCESSING, now, None) | {"worker": worker}
        return _assignments(Verb.CLAIM, State.PROCESSING, [*columns]), tuple(columns.values())

    def moved(
        self,
        verb: Verb,
        jobs: Sequence[Found],
        target: State | None,
        changed: int,
        waited: Sequence[float] | None = None,
        queue: str | None = None,
    ) -> None:
        """Notify the observers, if as many jobs were `changed` as had to be; raises Conflict otherwise.

        `queue`: the new one; None: unchanged.
        """
        if changed != len(jobs):  # the caller has not locked their rows
            raise Conflict(f"{len(jobs) - changed} jobs were changed by another transaction meanwhile: try again")
        self.tell(
            [
                _change(verb, job, target, queue or job.queue, wait)
                for job, wait in zip(jobs, waited or repeat(None, len(jobs)), strict=True)
            ]
        )

    def end_attempts(
        self,
        verb: Verb,
        leases: Sequence[Lease],
        target: State,
        now: float,
        *,
        due_at: float | None,
        exit_code: int | None,
        error: str | None,
        failure: str | None = None,
    ) -> set[int]:
        """Move the jobs of leases, whose attempts have ended; returns the `seq`s of those whose lease has not expired.

        `due_at`: when the next attempt is due; None: there is none. `failure`: what a dead job is grouped by.
        """
        due, finished_at = (None, now) if due_at is None else (due_at <= now, None)
        rows = self._session.each(
            _end(self._leases, verb, target),
            (target, now, due, due_at, finished_at, exit_code, error, failure),
            [lease._asdict() for lease in sorted(leases)],  # the order in which they are locked
        )
        self.tell(
            [
                Change(
                    verb, seq, job_id, queue, State.PROCESSING, target, attempts, False, None,
                    None if target is State.PENDING else now - started_at,
                )
                for seq, job_id, queue, attempts, started_at in rows
            ]
        )  # fmt: skip
        return {row[0] for row in rows}

    def tell(self, changes: Sequence[Change]) -> None:
        """Notify the observers. Call it directly only for newly inserted jobs."""
        for observer in self._observers:
            observer.moved(changes)


def _columns(verb: Verb, target: State, now: float, due_at: float | None) -> dict[str, Any]:
    return {"state": target, "updated_at": now, **_times(verb, target, now, due_at)}


@cache
def _update(given: Given, verb: Verb, target: State, *columns: str) -> str:
    return (
        f"UPDATE job SET {_assignments(verb, target, columns)} {given.source}"
        f" WHERE job.seq = {given.value('seq')} AND job.state = {given.value('state')}"
    )


def _assignments(verb: Verb, target: State, columns: Sequence[str]) -> str:
    effects = _EFFECTS.get((verb, target))
    return ", ".join([*(f"{name} = ?" for name in columns), *([effects] if effects else [])])


_ENDED = ("state", "updated_at", "due", "next_run_at", "finished_at", "exit_code", "error", "failure")


@cache
def _end(given: Given, verb: Verb, target: State) -> str:
    """The end of attempts. Parameters: the values of _ENDED, then those of Leases."""
    assert (verb, State.PROCESSING, target) in TRANSITIONS
    return (
        f"UPDATE job SET cancelling = 0, {_assignments(verb, target, _ENDED)}"
        f" {given.source} WHERE job.seq = {given.value('seq')} AND job.attempt = {given.value('attempt')}"
        f" AND job.worker = {given.value('worker')} AND job.state = 'processing'"
        " RETURNING job.seq, id, queue, attempts, started_at"
    )


def _times(verb: Verb, target: State, now: float, due_at: float | None) -> dict[str, Any]:
    if target in ENDED:
        return {"due": None, "next_run_at": None, "finished_at": now}
    if due_at is not None:
        return {"due": due_at <= now, "next_run_at": due_at, "finished_at": None}
    return {"due": None, "next_run_at": None, "started_at": now} if verb is Verb.CLAIM else {}


def _change(verb: Verb, job: Found, target: State | None, queue: str, waited: float | None) -> Change:
    attempts = job.attempts + 1 if verb is Verb.CLAIM else 0 if verb is Verb.RETRY else job.attempts
    asked = verb is Verb.CANCEL and target is State.PROCESSING
    old_queue = None if queue == job.queue else job.queue
    return Change(verb, job.seq, job.id, queue, job.state, target, attempts, asked, waited, None, old_queue)
