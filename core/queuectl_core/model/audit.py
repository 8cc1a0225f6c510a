"""The audit log: who did what to which job, when, from where."""

from dataclasses import dataclass
from enum import StrEnum

from queuectl_core.model.role import Role

MAX_AUDIT_CHARACTERS = 500
"""An entry's detail is cut to this length: a list of commands may be 100 KB long."""


class Done(StrEnum):
    """An action in the audit log."""

    ENQUEUE = "enqueue"
    EDIT = "edit"
    CANCEL = "cancel"
    RETRY = "retry"
    RERUN = "rerun"  # a new job with the settings of an existing one
    DELETE = "delete"
    DRAIN = "drain"  # a worker
    QUEUE = "queue"  # a change of its settings
    QUEUE_DELETE = "queue-delete"
    CONFIG = "config"
    SCHEDULE_CREATE = "schedule-create"
    SCHEDULE_EDIT = "schedule-edit"
    SCHEDULE_PAUSE = "schedule-pause"
    SCHEDULE_RESUME = "schedule-resume"
    SCHEDULE_RUN = "schedule-run"  # by hand
    SCHEDULE_BACKFILL = "schedule-backfill"
    SCHEDULE_DELETE = "schedule-delete"
    TOKEN_CREATE = "token-create"  # noqa: S105  # no secret
    TOKEN_REVOKE = "token-revoke"  # noqa: S105
    SIGN_IN = "sign-in"
    SIGN_IN_LINK = "sign-in-link"  # creation of one
    SIGN_OUT = "sign-out"
    BACKUP = "backup"
    RESTORE = "restore"


OF_JOBS = frozenset({Done.ENQUEUE, Done.EDIT, Done.CANCEL, Done.RETRY, Done.RERUN, Done.DELETE})
"""Actions on jobs. The subject of every other action is something else, even if its name equals a job's id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in the log. `at`: seconds since the epoch; `actor`: the token's name; `role`: its role at that time.

    `subject`: the id of the job, or the name of the token, queue, worker, …; None if the action affected several or
    all. `jobs`: the number of jobs affected. `detail`: further information, for people.
    """

    seq: int
    at: float
    actor: str
    role: Role
    address: str
    action: Done
    subject: str | None
    jobs: int
    detail: str | None


def shortened(detail: str, commands: int) -> str:
    """The detail of an entry with a list of commands, truncated if it is long."""
    if len(detail) <= MAX_AUDIT_CHARACTERS:
        return detail
    return f"{detail[:MAX_AUDIT_CHARACTERS]}… ({commands} commands)"
