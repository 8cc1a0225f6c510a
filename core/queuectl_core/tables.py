"""The tables as SQLModel classes: the source of the migrations.

Only migrations import this module. The store uses plain SQL, because importing SQLModel costs a process 0.4 s and
40 MB, more than the rest of a worker.

`job.due` separates jobs that are due from delayed ones, so that claims never scan the latter. Times are seconds since
the epoch, unless stated otherwise.
"""

from typing import Any

from sqlmodel import JSON, Field, Index, SQLModel, text


class JobRow(SQLModel, table=True):
    """A job. `attempt` is the number of its latest attempt, the fencing token.

    `batch`: the entry of the audit log about the batch that it was enqueued with; null for a single or restored job.
    `failure`: the kind of failure it died of, which the dead letter queue groups by; null unless it is dead.
    `schedule`, `scheduled_at`: the schedule that enqueued it, and for which time; null if it was enqueued otherwise.
    `lock`: the key and the limit of its lock, as `KEY=N`; null if it has none.
    `due`: true, it may be claimed now; false, it waits for `next_run_at`; null, it runs or has ended.
    `unique_key`, `unique_for`: as given. `held_key`: the unique key while it holds it; if `held_until` is not null,
    only until then, even if it has not been released yet.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("job_claimable", "queue", text("priority DESC"), "seq", sqlite_where=text("due = 1 AND lock IS NULL")),
        Index(
            "job_locked",
            "queue",
            "priority",
            "lock",
            "seq",
            sqlite_where=text("due = 1 AND lock IS NOT NULL"),
        ),
        Index("job_lock", "state", "lock", sqlite_where=text("lock IS NOT NULL AND finished_at IS NULL")),
        Index("job_waiting", "next_run_at", sqlite_where=text("due = 0")),
        Index("job_due", "queue", "due", "next_run_at", sqlite_where=text("due IS NOT NULL")),
        Index("job_state", "state", "seq"),
        Index("job_queue", "queue", "seq"),
        Index("job_finished", "state", "finished_at", sqlite_where=text("finished_at IS NOT NULL")),
        Index("job_schedule", "schedule", sqlite_where=text("schedule IS NOT NULL AND finished_at IS NULL")),
        Index("job_failure", "failure", "seq", "finished_at", "queue", sqlite_where=text("state = 'dead'")),
        Index("job_held_key", "held_key", unique=True, sqlite_where=text("held_key IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    command: str
    queue: str
    priority: int
    state: str
    due: bool | None
    run_at: float | None
    max_retries: int | None
    backoff_base: float | None
    timeout: float | None
    env: str | None
    cwd: str | None
    tags: str | None
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
    failure: str | None
    limits: str | None
    sandbox: bool
    description: str | None
    batch: int | None
    schedule: str | None
    scheduled_at: float | None
    lock: str | None
    unique_key: str | None
    unique_for: float | None
    held_key: str | None
    held_until: float | None


class JobTagRow(SQLModel, table=True):
    """One tag of one job."""

    __tablename__ = "job_tag"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tag: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, foreign_key="job.seq", ondelete="CASCADE", index=True)


class ArrivalRow(SQLModel, table=True):
    """The time index: the first of consecutive jobs that were enqueued in the same hour.

    `hour`: hours since the epoch, by the wall clock at that time.
    """

    __tablename__ = "arrival"

    seq: int | None = Field(default=None, primary_key=True)
    hour: int


class AttemptRow(SQLModel, table=True):
    """An attempt: one run of a job's command. Unless `output` contains its output, log files are named after its key.

    `due_at`: when it became due. `cpu_seconds`, `memory_bytes`: total and peak usage of its process tree; null if
    unknown. `output`: the complete output, if it is short and the attempt has ended. `output_tail`: the end of the
    output as text; null if `output` provides it. `note`: additional remarks.
    """

    __tablename__ = "attempt"
    __table_args__ = ({"sqlite_with_rowid": False},)

    seq: int = Field(primary_key=True, foreign_key="job.seq", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    outcome: str
    worker: str
    started_at: float
    ended_at: float | None
    exit_code: int | None
    error: str | None
    output_bytes: int | None
    due_at: float | None
    cpu_seconds: float | None
    memory_bytes: int | None
    output: bytes | None
    output_tail: str | None
    note: str | None


class QueueRow(SQLModel, table=True):
    """The settings of a queue; a queue without a row has the defaults.

    `job_limit`: the concurrency limit. `commands`: the allow-list, as JSON; null: that of the setting
    `default-commands`.
    """

    __tablename__ = "queue"

    name: str = Field(primary_key=True)
    paused: bool
    job_limit: int | None
    commands: str | None


class WorkerRow(SQLModel, table=True):
    """A live worker; its leases depend on this row. `boot`: the boot id of its host."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    host: str
    pid: int
    slots: int
    queues: str
    draining: bool
    started_at: float
    boot: str


class ClockRow(SQLModel, table=True):
    """The difference between the wall clock and the boot-time clock; a single row.

    If it changes, the wall clock was set.
    """

    __tablename__ = "clock"

    boot: str = Field(primary_key=True)
    ahead: float


class TallyRow(SQLModel, table=True):
    """The number of jobs by queue and state, maintained by every change. Contains every queue that ever held a job."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    queue: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    jobs: int


class SeriesRow(SQLModel, table=True):
    """How often something happened in a queue during the period that began at `at`; older periods are longer.

    `measure`: the name of a count, or of one step of a histogram.
    """

    __tablename__ = "series"
    __table_args__ = ({"sqlite_with_rowid": False},)

    at: int = Field(primary_key=True)
    queue: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    number: int


class CounterRow(SQLModel, table=True):
    """How often something happened in a queue since its first use, including to jobs that were deleted.

    `measure`: see `counters`. `number`: a count, or a sum of durations in seconds.
    """

    __tablename__ = "counter"
    __table_args__ = (
        Index("counter_queue", "queue", sqlite_where=text("measure = 'enqueued'")),
        {"sqlite_with_rowid": False},
    )

    queue: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    number: float


class ConfigRow(SQLModel, table=True):
    """A setting with a value other than its default. `value`: JSON."""

    __tablename__ = "config"

    key: str = Field(primary_key=True)
    value: Any = Field(sa_type=JSON, nullable=False)
    updated_at: float


class EventRow(SQLModel, table=True):
    """An event for live views; the oldest are dropped."""

    __tablename__ = "event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    queue: str | None
    change: str
    attempts: int
    cancelling: bool


class ScheduleRow(SQLModel, table=True):
    """A schedule; see Schedule in `model`.

    `job`: JSON. `next_at` is null if no time is to come. `planned_at`: when that was computed; a later clock was set
    back. `fires`: how many rows its history has had.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        Index("schedule_next", "next_at", sqlite_where=text("next_at IS NOT NULL")),
        Index("schedule_planned", "planned_at", sqlite_where=text("next_at IS NOT NULL")),
    )

    name: str = Field(primary_key=True)
    cron: str | None
    every: int | None
    timezone: str
    job: str
    catch_up: str
    catch_up_window: float
    overlap: str
    jitter: float
    starts_at: float | None
    ends_at: float | None
    pause_after: int | None
    paused: bool
    pause_reason: str | None
    created_at: float
    updated_at: float
    anchor: float
    since: float
    next_nominal: float | None
    next_at: float | None
    fires: int
    planned_at: float


class FireRow(SQLModel, table=True):
    """A due time of a schedule; see Fire in `model`. It outlives its job, and ends with the schedule."""

    __tablename__ = "fire"
    __table_args__ = (
        Index("fire_waiting", "schedule", "scheduled_at", sqlite_where=text("outcome = 'enqueued' AND job IS NULL")),
        {"sqlite_with_rowid": False},
    )

    schedule: str = Field(primary_key=True, foreign_key="schedule.name", ondelete="CASCADE")
    scheduled_at: float = Field(primary_key=True)
    until: float | None
    outcome: str
    job: str | None
    detail: str | None


class FireCounterRow(SQLModel, table=True):
    """How often each outcome of a fire happened, including those of deleted schedules."""

    __tablename__ = "fire_counter"

    outcome: str = Field(primary_key=True)
    number: int


class TokenRow(SQLModel, table=True):
    """A token, by the hash of its secret."""

    __tablename__ = "token"

    name: str = Field(primary_key=True)
    hash: str = Field(unique=True)
    role: str
    created_at: float
    created_by: str
    expires_at: float | None
    last_used_at: float | None
    last_used_from: str | None


class SessionRow(SQLModel, table=True):
    """A browser session, identified by the hash of its cookie. It ends with its token.

    `parent`: the session that created the link with which this one was started. It ends with its parent; null if none.
    """

    __tablename__ = "session"

    hash: str = Field(primary_key=True)
    token: str = Field(foreign_key="token.name", ondelete="CASCADE", index=True)
    created_at: float
    expires_at: float
    parent: str | None = Field(foreign_key="session.hash", ondelete="CASCADE", index=True)


class LinkRow(SQLModel, table=True):
    """An unused sign-in link, identified by the hash of its code. It ends with its token.

    `session`: the session that created it. It ends with that session; null if it was created with a token.
    """

    __tablename__ = "link"

    hash: str = Field(primary_key=True)
    token: str = Field(foreign_key="token.name", ondelete="CASCADE", index=True)
    expires_at: float
    session: str | None = Field(foreign_key="session.hash", ondelete="CASCADE", index=True)


class AnswerRow(SQLModel, table=True):
    """The response to a request with an Idempotency-Key, stored for a day.

    `key`: the hash of the key and its owner. `request`: the hash of method, URL and body. `content`: the response as
    JSON; for a batch, the first of its generated ids.
    """

    __tablename__ = "answer"

    key: str = Field(primary_key=True)
    request: str
    content: str
    at: float = Field(index=True)


class AuditRow(SQLModel, table=True):
    """Who did what. Nothing refers to jobs: it outlives them.

    `batch`: the entry about the batch that a deleted job was enqueued with. `first` and `last`: the range of
    `seq`s that a restore used; those of two restores share none. A job's deletion has its `seq` in `first`, as it is
    known nowhere else then.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_subject", "subject", "seq"),
        Index("audit_actor", "actor", "seq"),
        Index("audit_first", "subject", "first", sqlite_where=text("first IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    at: float
    actor: str
    role: str
    address: str
    action: str
    subject: str | None
    jobs: int
    first: int | None
    last: int | None
    batch: int | None
    detail: str | None
