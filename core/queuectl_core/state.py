"""The states of a job, and every move between them, as data."""

from enum import StrEnum


class State(StrEnum):
    """Where a job is. The contract's table of states says what each one means to a user."""

    __hash__ = str.__hash__  # an Enum's own is slow, and not that of the text it is equal to

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What moves a job from one state to another."""

    CLAIM = "claim"  # a worker takes it
    COMPLETE = "complete"  # its worker reports success
    FAIL = "fail"  # its worker reports failure, or the worker itself is gone
    RELEASE = "release"  # its worker hands it back unfinished
    CANCEL = "cancel"  # a person stops it
    RETRY = "retry"  # a person wants it run again
    EDIT = "edit"  # a person changes it


TRANSITIONS: dict[Verb, dict[State, frozenset[State]]] = {
    Verb.CLAIM: {
        State.PENDING: frozenset({State.PROCESSING}),
        State.FAILED: frozenset({State.PROCESSING}),
    },
    Verb.COMPLETE: {State.PROCESSING: frozenset({State.COMPLETED})},
    Verb.FAIL: {State.PROCESSING: frozenset({State.FAILED, State.DEAD, State.CANCELLED})},
    Verb.RELEASE: {State.PROCESSING: frozenset({State.PENDING, State.CANCELLED})},
    Verb.CANCEL: {
        State.PENDING: frozenset({State.CANCELLED}),
        State.FAILED: frozenset({State.CANCELLED}),
        State.PROCESSING: frozenset({State.PROCESSING}),  # its worker is asked to stop it, then reports
    },
    Verb.RETRY: {
        State.DEAD: frozenset({State.PENDING}),
        State.CANCELLED: frozenset({State.PENDING}),
        State.FAILED: frozenset({State.PENDING}),
    },
    Verb.EDIT: {
        State.PENDING: frozenset({State.PENDING}),
        State.FAILED: frozenset({State.FAILED}),
    },
}

ENDED = frozenset({State.COMPLETED, State.DEAD, State.CANCELLED})
"""States in which nothing happens to a job any more unless a person asks for it."""


def sources(verb: Verb) -> frozenset[State]:
    """The states in which a job must be for `verb` to move it."""
    return frozenset(TRANSITIONS[verb])
