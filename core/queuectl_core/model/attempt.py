"""An attempt: one run of a job's command by one worker, under a lease."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """The outcome of an attempt. All except `released` use up one of the job's attempts."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HANDED_BACK = "released"  # by a worker that was asked to stop
    LOST = "lost"  # its worker is gone


@dataclass(frozen=True, slots=True)
class Attempt:
    """An entry in a job's history; immutable once it has ended. `exit_code`: see `exit_code`.

    `due_at`: when it became due; None for attempts by older versions. `cpu_seconds`, `memory_bytes`: see `Used`.
    `output_tail`: the last lines of its output, see `output_tail`; None while it runs. `note`: additional remarks.
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
    """The right to run a job and to report its result, as long as `attempt` is the job's latest attempt.

    A lease depends on the worker's registration: if the worker's heartbeats stop, all its leases expire.
    """

    seq: int
    attempt: int
    worker: str

    @property
    def key(self) -> str:
        """The attempt's name outside the database."""
        return f"{self.seq}-{self.attempt}"


class Claim(NamedTuple):
    """A lease, with everything the worker needs to run the command. `timeout`: seconds, None: no timeout.

    `log_max_bytes`: how much of the output to store. `limits`: resource limits, see `effective`. `leftover_grace`:
    seconds that background processes may keep running after the command has ended. `scheduled_at`: for which time its
    schedule enqueued it; None if none did.
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
    scheduled_at: float | None


class Used(NamedTuple):
    """Resources that a command used; None: unknown.

    `cpu_seconds`: user and system time of its processes, including ended ones, but not orphans that started and ended
    between two samples. `memory_bytes`: peak resident memory: the largest sampled total of its processes (shared memory
    counts once per process), or the peak of its largest process, whichever is greater.
    """

    cpu_seconds: float | None = None
    memory_bytes: int | None = None


UNSEEN = Used()


class Printed(NamedTuple):
    """The output of an attempt. `size`: bytes, None if unknown. `tail`: the last part of it.

    `whole`: the complete output, to be stored in the attempt's row because no file was created; `tail` is then empty.
    """

    size: int | None
    whole: bytes | None = None
    tail: bytes = b""


NOTHING = Printed(0)
UNKNOWN = Printed(None)


class Ended(NamedTuple):
    """The end of an attempt. `error` is None if and only if it succeeded. `note`: additional remarks."""

    exit_code: int | None
    error: str | None
    printed: Printed
    used: Used = UNSEEN
    note: str | None = None
