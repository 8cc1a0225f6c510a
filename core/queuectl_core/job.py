"""A job as the queue gives it back."""

from dataclasses import dataclass

from queuectl_core.state import State


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the queue. Times are seconds since the epoch, durations seconds.

    `seq` counts jobs in the order of their arrival and is never used twice. `attempt` is the number of the
    latest attempt ever made: it only grows, and so serves as the fencing token of a lease. `attempts` counts
    those that use up retries. `max_retries`, `backoff_base` and `timeout` are the job's own values, or the
    config's where it has none; `limits` and `sandbox` the narrower of both. `output_tail`: that of the latest attempt.
    """

    seq: int
    id: str
    command: str
    queue: str
    priority: int
    state: State
    run_at: float | None
    max_retries: int
    backoff_base: float
    timeout: float | None
    env: dict[str, str]
    cwd: str | None
    tags: list[str]
    limits: dict[str, float]
    sandbox: bool
    attempt: int
    attempts: int
    exit_code: int | None
    error: str | None
    worker: str | None
    cancelling: bool
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None
    next_run_at: float | None
    output_tail: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """What a job's latest attempt was like; `ended_at` is None while it runs."""

    job_id: str
    state: State
    exit_code: int | None
    started_at: float
    ended_at: float | None
