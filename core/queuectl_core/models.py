"""The tables, as SQLModel classes: the source of the migrations.

Only the migration step imports this module. The store reads and writes rows with SQL of its own, because
importing SQLModel costs every process 0.4 s and 40 MB, and a worker should be smaller than that.

What is due now is kept apart from what is not (`job.due`), so that no claim walks past jobs that wait for
tomorrow. Times are seconds since the epoch unless a column says otherwise.
"""

from typing import Any

from sqlmodel import JSON, Field, Index, SQLModel, text


class JobRow(SQLModel, table=True):
    """A job. `attempt` is the number of its latest attempt, the fencing token.

    `failure`: the kind of failure it died of, which the dead letter queue groups by; null unless it is dead.
    `due`: true, it may be claimed now; false, it waits for `next_run_at`; null, it runs or has ended.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("job_claimable", "queue", text("priority DESC"), "seq", sqlite_where=text("due = 1")),
        Index("job_waiting", "next_run_at", sqlite_where=text("due = 0")),
        Index("job_due", "queue", "due", "next_run_at", sqlite_where=text("due IS NOT NULL")),
        Index("job_state", "state", "seq"),
        Index("job_queue", "queue", "seq"),
        Index("job_finished", "state", "finished_at", sqlite_where=text("finished_at IS NOT NULL")),
        Index("job_failure", "failure", "seq", "finished_at", "queue", sqlite_where=text("state = 'dead'")),
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


class JobTagRow(SQLModel, table=True):
    """One tag of one job, to find jobs by."""

    __tablename__ = "job_tag"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tag: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, foreign_key="job.seq", ondelete="CASCADE", index=True)


class ArrivalRow(SQLModel, table=True):
    """The first of some jobs that came one after the other in the same hour: by it a time is found among the jobs.

    `hour`: since the epoch, by the wall clock as it was then.
    """

    __tablename__ = "arrival"

    seq: int | None = Field(default=None, primary_key=True)
    hour: int


class AttemptRow(SQLModel, table=True):
    """A run of a job's command. The files with its output are named after this key, where `output` does not hold it.

    `due_at`: since when it could have begun. `cpu_seconds` and `memory_bytes`: what its process tree used, the latter
    at its peak; null where nobody could look. `output`: all of it, where it is short and has ended; `output_tail`: its
    end as text, null where that can be made of `output`. `note`: what else there is to tell.
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
    """What was set for a queue; one that has no row runs without a limit.

    `job_limit`: jobs that may run at once. `commands`: which commands it takes, a JSON list; null: the
    setting `default-commands` says.
    """

    __tablename__ = "queue"

    name: str = Field(primary_key=True)
    paused: bool
    job_limit: int | None
    commands: str | None


class WorkerRow(SQLModel, table=True):
    """A live worker; its row is what its leases hang on. `boot` names the start of the machine it lives in."""

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
    """How far the wall clock was ahead of the clock that started with the machine; a single row.

    When that changes, somebody has set the wall clock.
    """

    __tablename__ = "clock"

    boot: str = Field(primary_key=True)
    ahead: float


class TallyRow(SQLModel, table=True):
    """How many jobs a queue holds in a state: kept, not counted. Its queues are all that ever held a job."""

    __tablename__ = "tally"
    __table_args__ = ({"sqlite_with_rowid": False},)

    queue: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    jobs: int


class SeriesRow(SQLModel, table=True):
    """How often something happened to the jobs of a queue in the time that began at `at`; the older, the coarser.

    `measure` is a count's name, or that of one step of a histogram.
    """

    __tablename__ = "series"
    __table_args__ = ({"sqlite_with_rowid": False},)

    at: int = Field(primary_key=True)
    queue: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    number: int


class ConfigRow(SQLModel, table=True):
    """A setting that was changed from its default. `value`: its JSON."""

    __tablename__ = "config"

    key: str = Field(primary_key=True)
    value: Any = Field(sa_type=JSON, nullable=False)
    updated_at: float


class EventRow(SQLModel, table=True):
    """A change, for live views; the oldest are dropped."""

    __tablename__ = "event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    queue: str | None
    change: str
    attempts: int
    cancelling: bool


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
    """A browser that is signed in with a token, by the hash of what is in its cookie; it ends with the token.

    `parent`: the session that made the link by which this one was begun, and with which it ends; null for others.
    """

    __tablename__ = "session"

    hash: str = Field(primary_key=True)
    token: str = Field(foreign_key="token.name", ondelete="CASCADE", index=True)
    created_at: float
    expires_at: float
    parent: str | None = Field(foreign_key="session.hash", ondelete="CASCADE", index=True)


class LinkRow(SQLModel, table=True):
    """A sign-in link that nobody has followed yet, by the hash of its code; it ends with the token.

    `session`: the session that made it, and with which it ends; null if a token did.
    """

    __tablename__ = "link"

    hash: str = Field(primary_key=True)
    token: str = Field(foreign_key="token.name", ondelete="CASCADE", index=True)
    expires_at: float
    session: str | None = Field(foreign_key="session.hash", ondelete="CASCADE", index=True)


class AuditRow(SQLModel, table=True):
    """Who did what. Nothing refers to jobs: it outlives them.

    `first` and `last`: the `seq`s of jobs that came together, which have no `subject`; those of two lines share none.
    A job's deletion has its `seq` in `first`, as it is known nowhere else then.
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
    detail: str | None
