"""The tables, as SQLModel classes: the source of the migrations.

Only the migration step imports this module. The store reads and writes rows with SQL of its own, because
importing SQLModel costs every process 0.4 s and 40 MB, and a worker should be smaller than that.

What is due now is kept apart from what is not (`job.due`), so that no claim walks past jobs that wait for
tomorrow. Times are seconds since the epoch unless a column says otherwise.
"""

from sqlmodel import Field, Index, SQLModel, text


class JobRow(SQLModel, table=True):
    """A job. `attempt` is the number of its latest attempt, the fencing token.

    `due`: true, it may be claimed now; false, it waits for `next_run_at`; null, it runs or has ended.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("job_ready", "queue", text("priority DESC"), "seq", sqlite_where=text("due = 1")),
        Index("job_waiting", "next_run_at", sqlite_where=text("due = 0")),
        Index("job_state", "state", "seq"),
        Index("job_queue", "queue", "seq"),
        Index("job_worker", "worker", sqlite_where=text("state = 'processing'")),
        Index("job_expiry", "finished_at", sqlite_where=text("state IN ('completed', 'cancelled')")),
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


class JobTagRow(SQLModel, table=True):
    """One tag of one job, to find jobs by."""

    __tablename__ = "job_tag"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tag: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, foreign_key="job.seq", ondelete="CASCADE", index=True)


class AttemptRow(SQLModel, table=True):
    """A run of a job's command. The file with its output is named after this key."""

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


class ConfigRow(SQLModel, table=True):
    """A setting that was changed from its default."""

    __tablename__ = "config"

    key: str = Field(primary_key=True)
    value: float
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
