"""Events: changes as live views receive them."""

from dataclasses import dataclass
from enum import StrEnum

DELETED = "deleted"
"""Used instead of a state: the job was deleted."""


class EventType(StrEnum):
    """What kind of object changed."""

    JOB = "job"
    WORKER = "worker"
    QUEUE = "queue"  # its settings changed, or it was deleted
    CONFIG = "config"
    SCHEDULE = "schedule"  # it was changed or deleted, or some have fired
    MANY = "many"  # too many jobs for one event each


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `subject`: the id or name of the object. `change`: a job's new state, DELETED, or a verb."""

    type: EventType
    subject: str
    queue: str | None
    change: str
    attempts: int
    cancelling: bool
