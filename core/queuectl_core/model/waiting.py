"""Why a job is waiting."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The first reason that applies."""

    SCHEDULED = "scheduled"
    PAUSED = "paused"
    NO_WORKER = "no_worker"
    WORKERS_HOLD_STILL = "workers_hold_still"
    LIMIT = "limit"
    LOCK = "lock"
    SLOTS = "slots"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`detail`: a sentence. `until`: for SCHEDULED, when the job is due, in seconds since the epoch."""

    reason: Reason
    detail: str
    until: float | None = None
