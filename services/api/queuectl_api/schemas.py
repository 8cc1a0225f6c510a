"""What the API answers, as it stands in OpenAPI."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from queuectl_core.attempt import Attempt as CoreAttempt
from queuectl_core.attempt import Outcome
from queuectl_core.audit import Done, Entry
from queuectl_core.caller import ANYBODY
from queuectl_core.config import YEAR, ConfigValue, Number
from queuectl_core.failure import parts
from queuectl_core.job import Job as CoreJob
from queuectl_core.job import Run as CoreRun
from queuectl_core.new_job import Entries, JobLimit, Limits, Name
from queuectl_core.queue import Queue as CoreQueue
from queuectl_core.role import Role
from queuectl_core.series import Chart
from queuectl_core.series import Percentiles as CorePercentiles
from queuectl_core.series import Point as CorePoint
from queuectl_core.sqlite.dlq import Group
from queuectl_core.state import State
from queuectl_core.token import GIVEN, LONGEST
from queuectl_core.token import Token as CoreToken
from queuectl_core.usage import Usage as CoreUsage
from queuectl_core.worker import RunningJob as CoreRunningJob
from queuectl_core.worker import Worker as CoreWorker

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T09:30:00.000Z"])]


def instant(seconds: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _maybe(seconds: float | None) -> str | None:
    return None if seconds is None else instant(seconds)


TAIL = (
    "The last lines that were printed, up to 2,048 characters, with control characters escaped, as in"
    " \\x1b; null where it has printed nothing, or runs."
)


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
    limits: Limits = Field(description="What an attempt may use: of its own limits and the config's the lower ones.")
    sandbox: bool = Field(description="It runs in a sandbox: its own wish, or the config's.")
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
    output_tail: str | None = Field(description=TAIL)

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
            limits=Limits(**job.limits),
            sandbox=job.sandbox,
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
            output_tail=job.output_tail,
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
    due_at: Instant | None = Field(description="Since when it could have begun; the wait is from here to its start.")
    cpu_seconds: float | None = Field(
        description="CPU time of its processes, but of orphans only as seen, once a second; null: nobody could look."
    )
    memory_bytes: int | None = Field(
        description="The most that its processes held together as seen once a second, or its largest one at any time;"
        " null: it was too short and small to be seen."
    )
    output_tail: str | None = Field(description=TAIL)
    note: str | None = Field(description="What else there is to tell, as of processes that were left behind.")

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
            due_at=_maybe(attempt.due_at),
            cpu_seconds=attempt.cpu_seconds,
            memory_bytes=attempt.memory_bytes,
            output_tail=attempt.output_tail,
            note=attempt.note,
        )


class Usage(BaseModel):
    """What a command's process tree uses right now."""

    at: Instant
    cpu: float = Field(description="Cores in use since the look before, as in 1.5.")
    cpu_seconds: float = Field(description="CPU time so far.")
    memory_bytes: int
    processes: int

    @classmethod
    def of(cls, usage: CoreUsage) -> Self:
        """Of the core's."""
        return cls(
            at=instant(usage.at),
            cpu=usage.cpu,
            cpu_seconds=usage.cpu_seconds,
            memory_bytes=usage.memory_bytes,
            processes=usage.processes,
        )


class JobWithHistory(Job):
    """A job with every attempt, oldest first."""

    history: list[Attempt]
    usage: Usage | None = Field(description="While it runs, from a second after its start on.")


class Run(BaseModel):
    """A job with the same command, as a point of a chart."""

    id: str
    state: State
    started_at: Instant
    finished_at: Instant | None
    seconds: float | None = Field(description="How long its latest attempt ran.")
    exit_code: int | None

    @classmethod
    def of(cls, run: CoreRun) -> Self:
        """Of the core's run."""
        return cls(
            id=run.job_id,
            state=run.state,
            started_at=instant(run.started_at),
            finished_at=_maybe(run.ended_at),
            seconds=None if run.ended_at is None else run.ended_at - run.started_at,
            exit_code=run.exit_code,
        )


class RunList(BaseModel):
    """Runs of one command, oldest first."""

    items: list[Run]


class JobPage(BaseModel):
    """A part of a list; `next_cursor` asks for the next one, null on the last."""

    items: list[Job]
    next_cursor: str | None


class Count(BaseModel):
    """How many jobs match."""

    count: int
    complete: bool = Field(description="False: there are more, which were not counted.")


class Stepped(BaseModel):
    """What one step of a bulk action did; `next_cursor` asks for the next step, null when all is done."""

    changed: int
    skipped: int = Field(description="Jobs whose state or queue does not allow it, or that are gone.")
    next_cursor: str | None


class DeadGroup(BaseModel):
    """Dead jobs with one kind of command and one kind of error."""

    failure: str = Field(description="What `failure=` in a filter chooses them by.")
    command: str = Field(description="Its shape: what differs between them is left out.", examples=["convert … -o …"])
    error: str = Field(examples=["exit status 3"])
    count: int
    queues: list[str]
    first_at: Instant
    last_at: Instant
    newest: str = Field(description="The id of the one that died last.")

    @classmethod
    def of(cls, group: Group) -> Self:
        """Of the core's group."""
        command, error = parts(group.failure)
        return cls(
            failure=group.failure,
            command=command,
            error=error,
            count=group.count,
            queues=group.queues,
            first_at=instant(group.first_at),
            last_at=instant(group.last_at),
            newest=group.newest,
        )


class DeadGroupList(BaseModel):
    """Groups of dead jobs, the largest first."""

    items: list[DeadGroup]


class TagList(BaseModel):
    """Tags that jobs have."""

    items: list[str]


class Percentiles(BaseModel):
    """Of durations, in seconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, core: CorePercentiles | None) -> Self | None:
        """Of the core's; null where there are none."""
        return cls(p50=core.p50, p95=core.p95, p99=core.p99) if core else None


class Point(BaseModel):
    """One step of a series: what happened from `at` on for `step` seconds."""

    at: Instant
    enqueued: int
    completed: int = Field(description="Attempts that succeeded.")
    failed: int = Field(description="Attempts that failed; the job's last one as well.")
    dead: int
    cancelled: int
    waiting: int = Field(description="Jobs that waited at the end of the step: pending and failed.")
    wait: Percentiles | None = Field(description="From when a job was due to its start; null where none started.")
    run: Percentiles | None = Field(description="From start to end; null where no attempt ended.")

    @classmethod
    def of(cls, point: CorePoint) -> Self:
        """Of the core's point."""
        return cls(
            at=instant(point.at),
            enqueued=point.enqueued,
            completed=point.completed,
            failed=point.failed,
            dead=point.dead,
            cancelled=point.cancelled,
            waiting=point.waiting,
            wait=Percentiles.of(point.wait),
            run=Percentiles.of(point.run),
        )


class Series(BaseModel):
    """What happened over a time, oldest first; the last point is still growing."""

    step: int = Field(description="Seconds a point stands for.")
    points: list[Point]
    wait: Percentiles | None = Field(description="Over all of the time.")
    run: Percentiles | None

    @classmethod
    def of(cls, chart: Chart) -> Self:
        """Of the core's chart."""
        return cls(
            step=chart.step,
            points=[Point.of(point) for point in chart.points],
            wait=Percentiles.of(chart.wait),
            run=Percentiles.of(chart.run),
        )


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

    @classmethod
    def of(cls, counts: Mapping[State, int]) -> Self:
        """Of the core's counts."""
        return cls(**{str(state): number for state, number in counts.items()})


class Status(BaseModel):
    """The system at a glance."""

    version: str
    workers: int
    slots: int
    busy: int
    jobs: JobCounts


class RunningJob(BaseModel):
    """What runs in a slot."""

    id: str
    command: str
    queue: str
    attempts: int
    started_at: Instant
    usage: Usage | None

    @classmethod
    def of(cls, job: CoreRunningJob) -> Self:
        """Of what the core says that runs."""
        return cls(
            id=job.id,
            command=job.command,
            queue=job.queue,
            attempts=job.attempts,
            started_at=instant(job.started_at),
            usage=Usage.of(job.usage) if job.usage else None,
        )


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
    running: list[RunningJob] = Field(description="Oldest first.")

    @classmethod
    def of(cls, worker: CoreWorker, running: Sequence[CoreRunningJob]) -> Self:
        """Of the core's worker, and what it runs."""
        return cls(
            id=worker.id,
            host=worker.host,
            pid=worker.pid,
            slots=worker.slots,
            busy=len(running),
            queues=worker.queues or ["*"],
            draining=worker.draining,
            started_at=instant(worker.started_at),
            heartbeat_at=instant(worker.heartbeat_at),
            running=[RunningJob.of(job) for job in running],
        )


class WorkerList(BaseModel):
    """All live workers."""

    items: list[Worker]


class Queue(BaseModel):
    """A queue: whatever name ever held a job, or for which something is set."""

    name: str
    paused: bool
    concurrency_limit: int | None = Field(description="Jobs that may run at once, over all workers; null: no limit.")
    commands: list[str] | None = Field(
        description="The commands that it takes: an exact one; a program's name and ` *` for any plain words behind it;"
        " or `*` for any command. null: those of the setting `default-commands`.",
        examples=[["ffmpeg *", "/srv/nightly.sh"]],
    )
    jobs: JobCounts
    ready: int = Field(description="Jobs that are due and wait for a slot.")
    slots: int = Field(description="Slots of the workers that take from it.")
    latency: float = Field(description="Seconds for which the job that waits longest has been due; 0: none waits.")
    oldest: str | None = Field(description="The id of that job.")
    completed: list[int] = Field(description="Attempts that ended in each 10 s of the last 5 minutes, oldest first.")

    @classmethod
    def of(cls, queue: CoreQueue, completed: list[int]) -> Self:
        """Of the core's queue, and what its series says."""
        return cls(
            name=queue.name,
            paused=queue.paused,
            concurrency_limit=queue.limit,
            commands=queue.commands,
            jobs=JobCounts.of(queue.jobs),
            ready=queue.ready,
            slots=queue.slots,
            latency=queue.latency,
            oldest=queue.oldest,
            completed=completed,
        )


class QueueList(BaseModel):
    """All queues, by name."""

    items: list[Queue]


def _without_default(schema: dict[str, Any]) -> None:
    """To leave it out is not the same as to give the default."""
    del schema["default"]


class QueueChange(BaseModel):
    """What to set; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"paused": True}]})

    paused: bool = Field(False, strict=True, json_schema_extra=_without_default)
    concurrency_limit: JobLimit | None = Field(None, description="null: no limit.")
    commands: Entries | None = Field(
        None,
        description="The commands that it takes, see Queue; null: those of the setting `default-commands`.",
        examples=[["ffmpeg *", "/srv/nightly.sh"]],
    )


class _Setting(BaseModel):
    key: str
    description: str
    updated_at: Instant | None = Field(description="null: it has its default.")


class NumberSetting(_Setting):
    """A setting that is a number."""

    type: Literal["number"]
    value: float = Field(examples=[3])
    default: float
    unit: str
    minimum: float
    maximum: float


class CommandsSetting(_Setting):
    """A setting that is a list of commands, as in `commands` of a queue; null: all commands. It has no bounds."""

    type: Literal["commands"]
    value: list[str] | None = Field(examples=[["make *", "/srv/nightly.sh"]])
    default: list[str] | None
    unit: str | None
    minimum: float | None
    maximum: float | None


ConfigItem = Annotated[NumberSetting | CommandsSetting, Discriminator("type")]
"""A setting that can be changed while everything runs."""


def config_item(item: ConfigValue) -> NumberSetting | CommandsSetting:
    """Of the core's setting and its value."""
    known = item.setting
    common: dict[str, Any] = {
        "key": known.key,
        "description": known.description,
        "updated_at": _maybe(item.updated_at),
        "value": item.value,
        "default": known.default,
    }
    if isinstance(known, Number):
        bounds = {"unit": known.unit, "minimum": known.minimum, "maximum": known.maximum}
        return NumberSetting(type="number", **common, **bounds)
    return CommandsSetting(type="commands", **common, unit=None, minimum=None, maximum=None)


class ConfigList(BaseModel):
    """All settings."""

    items: list[ConfigItem]


class NewValue(BaseModel):
    """A setting's new value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": 5}]})

    value: Annotated[Any, WithJsonSchema(TypeAdapter(float | list[str] | None).json_schema())] = Field(
        description="See the setting's type."
    )


def _somebody(name: str) -> str:
    if name == ANYBODY:
        raise ValueError(f"'{ANYBODY}' is what the audit log calls callers without a token: choose another name")
    if name == GIVEN:
        raise ValueError(f"'{GIVEN}' is the token of the environment, which would replace it: choose another name")
    return name


class NewToken(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "ci", "role": "operator"}]})

    name: Annotated[Name, AfterValidator(_somebody)]
    role: Role
    expires_in: Annotated[float, Field(gt=0, le=100 * YEAR)] | None = Field(
        None, description="Seconds from now; null: it does not expire."
    )


class Token(BaseModel):
    """A token, without its secret."""

    name: str = Field(examples=["ci"])
    role: Role
    created_at: Instant
    created_by: str = Field(description="The token with which it was made.")
    expires_at: Instant | None
    last_used_at: Instant | None = Field(description="To the minute.")
    last_used_from: str | None = Field(description="An address.")

    @classmethod
    def of(cls, token: CoreToken) -> Self:
        """Of the core's token."""
        return cls(
            name=token.name,
            role=token.role,
            created_at=instant(token.created_at),
            created_by=token.created_by,
            expires_at=_maybe(token.expires_at),
            last_used_at=_maybe(token.last_used_at),
            last_used_from=token.last_used_from,
        )


class CreatedToken(Token):
    """A new token."""

    token: str = Field(description="The secret: it is told this once.")


class TokenList(BaseModel):
    """All tokens, by name."""

    items: list[Token]


class NewSession(BaseModel):
    """What a browser signs in with: one of both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"token": "queuectl_…"}], "minProperties": 1, "maxProperties": 1},
    )

    token: str = Field("", min_length=1, max_length=LONGEST, json_schema_extra=_without_default)
    code: str = Field(
        "",
        min_length=1,
        max_length=LONGEST,
        description="Of a sign-in link: what is behind its #.",
        json_schema_extra=_without_default,
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("choice", "must hold either token or code")
        return self


class Session(BaseModel):
    """Who is signed in."""

    name: str = Field(description="Of the token.")
    role: Role
    expires_at: Instant | None
    authenticated: bool = Field(description="False: authentication is off, and everybody may do everything.")


class SignInLink(BaseModel):
    """A link that signs a browser in, once."""

    url: str
    expires_at: Instant


class AuditEntry(BaseModel):
    """A line of the audit log."""

    at: Instant
    actor: str = Field(description="The name of the token, as it was then.")
    role: Role = Field(description="What it had then.")
    address: str
    action: Done
    subject: str | None = Field(description="A job's id, or the name of what else it was done to; null: many, or all.")
    jobs: int = Field(description="How many jobs it was done to.")
    detail: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Of the core's entry."""
        return cls(
            at=instant(entry.at),
            actor=entry.actor,
            role=entry.role,
            address=entry.address,
            action=entry.action,
            subject=entry.subject,
            jobs=entry.jobs,
            detail=entry.detail,
        )


class AuditPage(BaseModel):
    """A part of the audit log, newest first; `next_cursor` asks for the next one, null on the last."""

    items: list[AuditEntry]
    next_cursor: str | None


class Health(BaseModel):
    """A short word on how it is."""

    status: str = Field(examples=["ok"])
