"""A job, its attempts and lists of jobs, as the API answers them.

A new field of a job stands in the core's Job and in Job here, with its description.
"""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.fields import Instant, from_core
from queuectl_core.model.attempt import Attempt as CoreAttempt
from queuectl_core.model.attempt import Outcome
from queuectl_core.model.exit_code import as_shell, signal_of
from queuectl_core.model.job import Job as CoreJob
from queuectl_core.model.job import Run as CoreRun
from queuectl_core.model.new_job import Limits, Lock
from queuectl_core.model.state import State
from queuectl_core.model.usage import Usage as CoreUsage
from queuectl_core.model.waiting import Reason
from queuectl_core.model.waiting import Waiting as CoreWaiting

TAIL = (
    "The last lines of the output, up to 2,048 characters, with control characters escaped, as in \\x1b; null if it has"
    " printed nothing or is still running."
)
EXIT_CODE = "As reported by a shell: 128 + N after signal N."
SIGNAL = "The signal that ended the command, such as SIGTERM; null if it exited by itself."


class Job(BaseModel):
    """A job."""

    model_config = ConfigDict(hide_input_in_errors=True)  # they may be logged, and `env` is secret

    id: str = Field(examples=["job1"])
    command: str = Field(examples=["echo hello"])
    queue: str
    priority: int
    state: State
    run_at: Instant | None
    max_retries: int = Field(description="Its own, or the config's.")
    backoff_base: float = Field(description="Its own, or the config's.")
    timeout: float | None = Field(description="Seconds; its own, or the config's; null: no timeout.")
    env: dict[str, str]
    cwd: str | None
    tags: list[str]
    limits: Limits = Field(description="What an attempt may use: the lower of its own limits and the config's.")
    sandbox: bool = Field(description="Whether it runs in a sandbox, because it or the config asks for one.")
    description: str | None = Field(description="Free text about it.")
    lock: Lock | None = Field(description="What it holds while it runs.")
    attempts: int = Field(description="Attempts so far; 0 again after a manual retry.")
    exit_code: int | None = Field(description=f"Of the latest attempt. {EXIT_CODE}")
    signal: str | None = Field(description=SIGNAL)
    error: str | None = Field(examples=["exit status 3"])
    worker: str | None = Field(description="The worker of the latest attempt.")
    cancelling: bool = Field(description="Whether it is still running and being stopped.")
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    next_run_at: Instant | None
    output_tail: str | None = Field(description=TAIL)
    schedule: str | None = Field(description="The schedule that enqueued it; null: none did.")
    scheduled_at: Instant | None = Field(
        description="For which time its schedule enqueued it; its command sees it as `QUEUECTL_SCHEDULED_AT`."
    )
    unique: str | None = Field(description="Its unique key: no other job holds it until this one has ended.")
    unique_for: float | None = Field(
        description="Seconds from its enqueue for which it holds the key instead, whether it has ended or not."
    )

    @classmethod
    def of(cls, job: CoreJob, **more: Any) -> Self:
        """From the core's job; `more`: fields of a subclass."""
        lock = job.lock and job.lock._asdict()
        return from_core(cls, job, lock=lock, **_exit(job.exit_code), **more)


class EnqueuedJob(Job):
    """A job, as the answer to its enqueue."""

    existing: bool = Field(description="Whether it was there before, and holds the unique key. The status is 200 then.")


class Attempt(BaseModel):
    """One run of a job's command."""

    number: int
    state: Outcome
    worker: str
    started_at: Instant
    ended_at: Instant | None
    exit_code: int | None = Field(description=EXIT_CODE)
    signal: str | None = Field(description=SIGNAL)
    error: str | None
    output_bytes: int | None
    due_at: Instant | None = Field(description="When it became due; its wait time is from then until `started_at`.")
    cpu_seconds: float | None = Field(
        description="CPU time of its processes; orphans are sampled once a second. null: not measured."
    )
    memory_bytes: int | None = Field(
        description="Peak memory of its processes: of all together, sampled once a second, or of the largest one at any"
        " time. null: it was too short and small to be measured."
    )
    output_tail: str | None = Field(description=TAIL)
    note: str | None = Field(description="Further remarks, for example about processes that were left behind.")

    @classmethod
    def of(cls, attempt: CoreAttempt) -> Self:
        """From the core's attempt."""
        return from_core(cls, attempt, state=attempt.outcome, **_exit(attempt.exit_code))


class Waiting(BaseModel):
    """Why a job does not start; the first of several reasons."""

    reason: Reason
    detail: str = Field(examples=["queue default is paused"])
    until: Instant | None = Field(description="When it is due, if that is the reason.")

    @classmethod
    def of(cls, waiting: CoreWaiting) -> Self:
        """From the core's."""
        return from_core(cls, waiting)


class Usage(BaseModel):
    """What a command's process tree uses right now."""

    at: Instant
    cpu: float = Field(description="Cores in use since the previous sample, for example 1.5.")
    cpu_seconds: float = Field(description="CPU time so far.")
    memory_bytes: int
    processes: int

    @classmethod
    def of(cls, usage: CoreUsage) -> Self:
        """From the core's."""
        return from_core(cls, usage)


class JobWithHistory(Job):
    """A job with every attempt, oldest first."""

    history: list[Attempt]
    usage: Usage | None = Field(description="While it runs, from one second after its start.")
    waiting_for: Waiting | None = Field(
        description="null: it is not waiting, or starts in a moment. A running job may wait to print."
    )


class Run(BaseModel):
    """A job with the same command, as a point of a chart."""

    id: str
    state: State
    started_at: Instant
    finished_at: Instant | None
    seconds: float | None = Field(description="How long its latest attempt ran.")
    exit_code: int | None = Field(description=EXIT_CODE)
    signal: str | None = Field(description=SIGNAL)

    @classmethod
    def of(cls, run: CoreRun) -> Self:
        """From the core's run."""
        seconds = None if run.ended_at is None else run.ended_at - run.started_at
        return from_core(cls, run, id=run.job_id, finished_at=run.ended_at, seconds=seconds, **_exit(run.exit_code))


def _exit(exit_code: int | None) -> dict[str, Any]:
    return {"exit_code": as_shell(exit_code), "signal": signal_of(exit_code)}


class RunList(BaseModel):
    """Runs of one command, oldest first."""

    items: list[Run]


class JobPage(BaseModel):
    """A page of a list; `next_cursor` asks for the next one, null on the last."""

    items: list[Job]
    next_cursor: str | None


class Count(BaseModel):
    """How many jobs match."""

    count: int
    complete: bool = Field(description="False: there are more, which were not counted.")


class Affected(BaseModel):
    """How many jobs were changed."""

    count: int
