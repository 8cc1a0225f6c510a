"""The audit log: who did what to which job, when, from where."""

from dataclasses import dataclass
from enum import StrEnum

from queuectl_core.role import Role

MOST_AUDIT_CHARACTERS = 500
"""Of a list of commands in a line's detail: it may be 100 KB long."""


class Done(StrEnum):
    """What people do."""

    ENQUEUE = "enqueue"
    EDIT = "edit"
    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"
    DRAIN = "drain"  # a worker
    QUEUE = "queue"  # its settings were changed
    CONFIG = "config"
    TOKEN_CREATE = "token-create"  # noqa: S105  # no secret
    TOKEN_REVOKE = "token-revoke"  # noqa: S105
    SIGN_IN = "sign-in"
    SIGN_IN_LINK = "sign-in-link"  # one was made
    SIGN_OUT = "sign-out"
    BACKUP = "backup"
    RESTORE = "restore"


OF_JOBS = frozenset({Done.ENQUEUE, Done.EDIT, Done.CANCEL, Done.RETRY, Done.DELETE})
"""What is done to jobs; what else is done has another subject, which may have a job's id for its name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `at`: seconds since the epoch; `actor`: the token's name; `role`: what it had then.

    `subject`: the job's id, or the name of what else it was done to; None where that was many at once, or all.
    `jobs`: how many jobs it was done to. `detail`: what else there is to say, for people.
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
    """The detail of a line with a list of commands: only its beginning if it is long."""
    if len(detail) <= MOST_AUDIT_CHARACTERS:
        return detail
    return f"{detail[:MOST_AUDIT_CHARACTERS]}… ({commands} commands)"
