"""A job as the queue returns it."""

from dataclasses import dataclass

from queuectl_core.model.lock import Lock
from queuectl_core.model.state import State


@dataclass(frozen=True, slots=True)
class Job:
    """A job. Times are seconds since the epoch, durations seconds.

    `seq` numbers jobs in the order they were enqueued, and is never reused. `attempt` is the number of the latest
    attempt: it only increases, so it serves as the fencing token of a lease. `attempts` is how many attempts are used
    up. `max_retries`, `backoff_base` and `timeout` are the job's own values or, by default, those of the config;
    `limits` and `sandbox` are the stricter of both. `output_tail` is that of the latest attempt. `schedule`,
    `scheduled_at`: the schedule that enqueued it, and for which time; None if it was enqueued otherwise. `unique`: its
    unique key, which it may not hold any more; `unique_for`: see NewJob.
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
    description: str | None
    lock: Lock | None
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
    schedule: str | None
    scheduled_at: float | None
    unique: str | None
    unique_for: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """The latest attempt of a job; `ended_at` is None while it runs."""

    job_id: str
    state: State
    exit_code: int | None
    started_at: float
    ended_at: float | None
