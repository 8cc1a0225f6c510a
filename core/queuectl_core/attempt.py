"""An attempt: one run of a job's command by one worker, under a lease."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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
    """A row of a job's history; never overwritten once ended. `exit_code` is -N after signal N.

    `due_at`: since when it could have begun; None in attempts of older versions. For what it used see Used.
    `output_tail`: the last lines that it printed, see output_tail; None while it runs. `note`: what else there is to
    tell of it.
    """

    number: int
    outcome: Outcome
    worker: str
    started_at: float
    ended_at: float | None
    exit_code: int | None
    error: str | None
    output_bytes: int | None
    due_at: float | None
    cpu_seconds: float | None
    memory_bytes: int | None
    output_tail: str | None
    note: str | None


class Lease(NamedTuple):
    """The right to run a job and to report on it, as long as `attempt` is the job's latest.

    It is held through the worker's registration: when its heartbeats stop, all its leases expire.
    """

    seq: int
    attempt: int
    worker: str

    @property
    def key(self) -> str:
        """What the attempt is called outside of the database."""
        return f"{self.seq}-{self.attempt}"


class Claim(NamedTuple):
    """A lease with what its holder needs to run the command; `timeout` in seconds, None: none.

    `log_max_bytes`: of its output, no more than that shall be kept. `limits`: what it may use, see `effective`.
    `leftover_grace`: seconds that what it leaves behind may still run.
    """

    lease: Lease
    job_id: str
    queue: str
    command: str
    env: dict[str, str]
    cwd: str | None
    timeout: float | None
    limits: dict[str, float]
    sandbox: bool
    log_max_bytes: int
    leftover_grace: float
    started_at: float


class Used(NamedTuple):
    """What a command has used; None: nobody could look.

    `cpu_seconds`: user and system time of its processes, those that have ended included, but without orphans that
    came and went between two looks. `memory_bytes`: the most that its processes held together at a look (resident; what
    they share counts for each), or its largest process at any time, whichever is more.
    """

    cpu_seconds: float | None = None
    memory_bytes: int | None = None


UNSEEN = Used()


class Printed(NamedTuple):
    """What an attempt has printed: how many bytes, None where nobody could look, and the last of them.

    `whole`: all of it, to be kept in its row, as no file was made for it; then `tail` is empty.
    """

    size: int | None
    whole: bytes | None = None
    tail: bytes = b""


NOTHING = Printed(0)
UNKNOWN = Printed(None)


class Ended(NamedTuple):
    """How an attempt ended. `error` is None exactly where it succeeded. `note`: what else there is to tell."""

    exit_code: int | None
    error: str | None
    printed: Printed
    used: Used = UNSEEN
    note: str | None = None
