"""The filter that selects jobs for lists, counts and bulk actions."""

from dataclasses import dataclass

from queuectl_core.model.state import State


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions are combined with AND; several states, queues, tags or workers with OR. Empty or None: no condition.

    `text` is searched in id, command and description, `error` in the error and the end of the output, ignoring case;
    `command` and `failure` must match exactly. `…_since` is inclusive, `…_until` exclusive, in seconds since the epoch;
    a dead job finished when it died.
    """

    states: tuple[State, ...] = ()
    queues: tuple[str, ...] = ()
    text: str | None = None
    tags: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    error: str | None = None
    command: str | None = None
    enqueued_since: float | None = None
    enqueued_until: float | None = None
    finished_since: float | None = None
    finished_until: float | None = None
    failure: str | None = None
