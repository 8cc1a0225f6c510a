"""What the API answers, as it stands in OpenAPI."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from queuectl_core.attempt import Attempt as CoreAttempt
from queuectl_core.attempt import Outcome
from queuectl_core.config import ConfigValue
from queuectl_core.job import Job as CoreJob
from queuectl_core.state import State
from queuectl_core.worker import Worker as CoreWorker

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"])]


def instant(seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _maybe(seconds: float | None) -> str | None:
    return None if seconds is None else instant(seconds)


class Job(BaseModel):
    """A job."""

    id: str = Field(examples=["job1"])
    command: str = Field(examples=["echo hello"])
    queue: str
    priority: int
    state: State
    run_at: Instant | None
    max_retries: int = Field(description="Its own, or the config's.")
    backoff_base: float = Field(description="Its own, or the config's.")
    timeout: float | None = Field(description="Seconds; its own, or the config's; null: none.")
    env: dict[str, str]
    cwd: str | None
    tags: list[str]
    attempts: int = Field(description="Attempts so far; 0 again after a retry by a person.")
    exit_code: int | None = Field(description="Of the latest attempt; -N: ended by signal N.")
    error: str | None = Field(examples=["exit status 3"])
    worker: str | None = Field(description="Who ran the latest attempt.")
    cancelling: bool = Field(description="It still runs, and is being stopped.")
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    next_run_at: Instant | None

    @classmethod
    def of(cls, job: CoreJob) -> Self:
        """Of the core's job."""
        return cls(
            id=job.id,
            command=job.command,
            queue=job.queue,
            priority=job.priority,
            state=job.state,
            run_at=_maybe(job.run_at),
            max_retries=job.max_retries,
            backoff_base=job.backoff_base,
            timeout=job.timeout,
            env=job.env,
            cwd=job.cwd,
            tags=job.tags,
            attempts=job.attempts,
            exit_code=job.exit_code,
            error=job.error,
            worker=job.worker,
            cancelling=job.cancelling,
            created_at=instant(job.created_at),
            updated_at=instant(job.updated_at),
            started_at=_maybe(job.started_at),
            finished_at=_maybe(job.finished_at),
            next_run_at=_maybe(job.next_run_at),
        )


class Attempt(BaseModel):
    """One run of a job's command."""

    number: int
    state: Outcome
    worker: str
    started_at: Instant
    ended_at: Instant | None
    exit_code: int | None
    error: str | None
    output_bytes: int | None

    @classmethod
    def of(cls, attempt: CoreAttempt) -> Self:
        """Of the core's attempt."""
        return cls(
            number=attempt.number,
            state=attempt.outcome,
            worker=attempt.worker,
            started_at=instant(attempt.started_at),
            ended_at=_maybe(attempt.ended_at),
            exit_code=attempt.exit_code,
            error=attempt.error,
            output_bytes=attempt.output_bytes,
        )


class JobWithHistory(Job):
    """A job with every attempt, oldest first."""

    history: list[Attempt]


class JobPage(BaseModel):
    """A part of a list; `next_cursor` asks for the next one, null on the last."""

    items: list[Job]
    next_cursor: str | None


class Enqueued(BaseModel):
    """A whole batch that is in the queue now."""

    count: int
    ids: list[str]


class Affected(BaseModel):
    """How many jobs were changed."""

    count: int


class Restored(BaseModel):
    """What there is after a restore."""

    jobs: int
    logs: int = Field(description="Files with the output of an attempt.")


class JobCounts(BaseModel):
    """Jobs in each state."""

    pending: int
    processing: int
    completed: int
    failed: int
    dead: int
    cancelled: int


class Status(BaseModel):
    """The system at a glance."""

    version: str
    workers: int
    slots: int
    busy: int
    jobs: JobCounts


class Worker(BaseModel):
    """A live worker."""

    id: str = Field(examples=["build1-4k2x"])
    host: str
    pid: int
    slots: int
    busy: int
    queues: list[str] = Field(examples=[["*"]])
    draining: bool
    started_at: Instant
    heartbeat_at: Instant

    @classmethod
    def of(cls, worker: CoreWorker) -> Self:
        """Of the core's worker."""
        return cls(
            id=worker.id,
            host=worker.host,
            pid=worker.pid,
            slots=worker.slots,
            busy=worker.busy,
            queues=worker.queues or ["*"],
            draining=worker.draining,
            started_at=instant(worker.started_at),
            heartbeat_at=instant(worker.heartbeat_at),
        )


class WorkerList(BaseModel):
    """All live workers."""

    items: list[Worker]


class ConfigItem(BaseModel):
    """A setting that can be changed while everything runs."""

    key: str = Field(examples=["max-retries"])
    value: float = Field(examples=[3])
    default: float
    unit: str
    minimum: float
    maximum: float
    description: str
    updated_at: Instant | None

    @classmethod
    def of(cls, item: ConfigValue) -> Self:
        """Of the core's setting and its value."""
        known = item.setting
        return cls(
            key=known.key,
            value=item.value,
            default=known.default,
            unit=known.unit,
            minimum=known.minimum,
            maximum=known.maximum,
            description=known.description,
            updated_at=_maybe(item.updated_at),
        )


class ConfigList(BaseModel):
    """All settings."""

    items: list[ConfigItem]


class NewValue(BaseModel):
    """A setting's new value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 5}]})

    value: float = Field(strict=True)


class Health(BaseModel):
    """A short word on how it is."""

    status: str = Field(examples=["ok"])
