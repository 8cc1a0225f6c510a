"""The states of a job, and the table of all transitions between them."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of a job."""

    __hash__ = str.__hash__  # Enum's own hash is slow, and differs from that of the equal string

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"


WAITING = frozenset({State.PENDING, State.FAILED})
"""States in which a worker may claim a job, now or when it is due."""

ENDED = frozenset({State.COMPLETED, State.DEAD, State.CANCELLED})
"""Final states: a job leaves them only at a user's request."""


class Verb(StrEnum):
    """An operation that moves a job from one state to another."""

    __hash__ = str.__hash__

    ENQUEUE = "enqueue"  # by a user
    CLAIM = "claim"  # by a worker
    COMPLETE = "complete"  # the worker reports success
    FAIL = "fail"  # the worker reports a failure, or is lost
    HAND_BACK = "hand_back"  # the worker returns the job unfinished
    CANCEL = "cancel"  # by a user
    RETRY = "retry"  # by a user
    EDIT = "edit"  # by a user
    DELETE = "delete"  # by a user or by retention


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table. `source`: None for a new job. `target`: None for a deleted job.

    `counted`: the measures of series and counters that it increments. `wakes_workers`: whether workers may have new
    work after it; live views are notified of every transition.
    """

    verb: Verb
    source: State | None
    target: State | None
    counted: tuple[str, ...] = ()
    wakes_workers: bool = True


_PENDING, _PROCESSING, _COMPLETED, _FAILED, _DEAD, _CANCELLED = State

TABLE = (
    Transition(Verb.ENQUEUE, None, _PENDING, ("enqueued",)),
    Transition(Verb.CLAIM, _PENDING, _PROCESSING, wakes_workers=False),
    Transition(Verb.CLAIM, _FAILED, _PROCESSING, wakes_workers=False),
    Transition(Verb.COMPLETE, _PROCESSING, _COMPLETED, ("completed",), wakes_workers=False),
    Transition(Verb.FAIL, _PROCESSING, _FAILED, ("failed",)),
    Transition(Verb.FAIL, _PROCESSING, _DEAD, ("failed", "dead"), wakes_workers=False),
    Transition(Verb.FAIL, _PROCESSING, _CANCELLED, ("cancelled",)),
    Transition(Verb.HAND_BACK, _PROCESSING, _PENDING),
    Transition(Verb.HAND_BACK, _PROCESSING, _CANCELLED, ("cancelled",)),
    Transition(Verb.CANCEL, _PENDING, _CANCELLED, ("cancelled",)),
    Transition(Verb.CANCEL, _FAILED, _CANCELLED, ("cancelled",)),
    Transition(Verb.CANCEL, _PROCESSING, _PROCESSING),  # its worker is asked to stop it, then reports
    Transition(Verb.RETRY, _DEAD, _PENDING, ("retried",)),
    Transition(Verb.RETRY, _CANCELLED, _PENDING, ("retried",)),
    Transition(Verb.RETRY, _FAILED, _PENDING, ("retried",)),
    Transition(Verb.EDIT, _PENDING, _PENDING),
    Transition(Verb.EDIT, _FAILED, _FAILED),
    *(Transition(Verb.DELETE, state, None) for state in State),
)

TRANSITIONS = {(row.verb, row.source, row.target): row for row in TABLE}
"""The table, indexed."""


def sources(verb: Verb) -> frozenset[State]:
    """The states in which `verb` applies to a job."""
    return frozenset(row.source for row in TABLE if row.verb is verb and row.source)
