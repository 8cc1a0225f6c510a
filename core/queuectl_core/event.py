"""The journal of changes, from which live views are fed."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an event is about."""

    JOB = "job"
    WORKER = "worker"
    QUEUE = "queue"  # its settings
    CONFIG = "config"
    MANY = "many"  # more jobs than are told one by one


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `subject` is the id or name of what changed; `change` a job's new state, or `deleted`, or a verb."""

    seq: int
    kind: Kind
    subject: str
    queue: str | None
    change: str
    attempts: int
    cancelling: bool
