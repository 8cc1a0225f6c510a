"""An attempt: one run of a job's command by one worker, under a lease."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an attempt. All but `released` use up one of the job's attempts."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RELEASED = "released"  # handed back by a worker that was asked to stop
    LOST = "lost"  # its worker is gone


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of a job's history; never overwritten once ended. `exit_code` is -N after signal N."""

    number: int
    outcome: Outcome
    worker: str
    started_at: float
    ended_at: float | None
    exit_code: int | None
    error: str | None
    output_bytes: int | None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job and to report on it, as long as `attempt` is the job's latest.

    It is held through the worker's registration: when its heartbeats stop, all its leases expire.
    """

    seq: int
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease with what its holder needs to run the command; `timeout` in seconds, None: none.

    `log_max_bytes`: of its output, no more than that shall be kept.
    """

    lease: Lease
    job_id: str
    queue: str
    command: str
    env: dict[str, str]
    cwd: str | None
    timeout: float | None
    log_max_bytes: int
    started_at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `error` is None exactly where it succeeded; `output_bytes` where nobody could look."""

    exit_code: int | None
    error: str | None
    output_bytes: int | None
