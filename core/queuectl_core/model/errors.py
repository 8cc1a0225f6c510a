"""All errors of the queue. The docstring says when one is raised; its message is for users."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from queuectl_core.model.role import Role
from queuectl_core.model.state import State


def shown(text: str) -> str:
    """A user's text for use in a message: quoted, and truncated if it is long."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


def meant(word: str, known: Iterable[str]) -> str:
    """A hint for a message about an unknown word: the most similar known one; empty if there is none."""
    nearest = get_close_matches(word, known, 1)
    return f" (did you mean '{nearest[0]}'?)" if nearest else ""


class QueueError(Exception):
    """Base class. The message is one sentence that a user can act on."""


class JobNotFound(QueueError):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job has the id {shown(job_id)}")


class JobExists(QueueError):
    """A job with this id already exists. `same`: both have the same settings. `position`: in a batch, which item."""

    def __init__(self, job_id: str, *, same: bool, position: int | None = None) -> None:
        super().__init__(
            f"a job with the id {shown(job_id)} exists already"
            + (", and is identical" if same else ": choose another id, or omit it to have one generated")
        )
        self.job_id = job_id
        self.same = same
        self.position = position


class KeyHeld(QueueError):
    """Another job holds the unique key; nothing was changed. `reason`: why that job is not an answer to this request.

    `position`: in a batch, which item; `first`: the item of the same batch that has the key, if it is not a job yet.
    """

    def __init__(self, key: str, job_id: str, reason: str = "", *, position: int = 0, first: int | None = None) -> None:
        super().__init__(f"job {shown(job_id)} holds the unique key {shown(key)}" + (f": {reason}" if reason else ""))
        self.position = position
        self.first = first


class IdGivenTwice(QueueError):
    """The job at `position` of a batch has the same id as the one at `first`."""

    def __init__(self, job_id: str, first: int, position: int) -> None:
        super().__init__(f"the id {shown(job_id)} is given twice: choose another id, or omit it to have one generated")
        self.first = first
        self.position = position


class KeyReused(QueueError):
    """The idempotency key was already used for another request."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request within the last 24 hours: use a new key, or send the"
            " same method, URL and body again"
        )


class KeyInUse(QueueError):
    """Another request with the same idempotency key is in progress."""

    def __init__(self) -> None:
        super().__init__("a request with this Idempotency-Key is in progress: try again in a moment")


class WrongState(QueueError):
    """The job's state does not allow the action; nothing was changed."""

    def __init__(self, job_id: str, state: str, reason: str) -> None:
        super().__init__(f"job {shown(job_id)} is {state}: {reason}")


class WorkerNotFound(QueueError):
    """No live worker has this id."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(f"no live worker has the id {shown(worker_id)}")


class UnknownConfigKey(QueueError):
    """No setting has this key."""

    def __init__(self, key: str, known: list[str]) -> None:
        super().__init__(f"unknown setting {shown(key)}{meant(key, known)}: the settings are {', '.join(known)}")


class InvalidConfigValue(QueueError):
    """The value of a setting is invalid. `place`: the path to the invalid item, if the value is a list."""

    def __init__(self, message: str, value: object, *place: int | str) -> None:
        self.field = ".".join(map(str, ("value", *place)))
        self.value = value
        self.message = message
        super().__init__(f"{self.field}: {message}")


class ScheduleNotFound(QueueError):
    """No schedule has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no schedule has the name {shown(name)}")


class ScheduleExists(QueueError):
    """A schedule with this name already exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a schedule named {shown(name)} exists already: choose another name, or edit that schedule")


class ScheduleBusy(QueueError):
    """A schedule is not run by hand while an earlier job of it has not ended, unless forced."""

    def __init__(self, name: str, job_id: str) -> None:
        super().__init__(
            f"schedule {shown(name)} was not run: its job {shown(job_id)} has not ended; wait for it, or use force"
        )


class InvalidSchedule(QueueError):
    """A field of a schedule does not fit to the others."""

    def __init__(self, field: str, value: object, message: str) -> None:
        self.field = field
        self.value = value
        self.message = message
        super().__init__(f"{field}: {message}")


class InvalidCursor(QueueError):
    """The cursor was not returned by this list."""

    def __init__(self, cursor: str) -> None:
        super().__init__(f"cursor {shown(cursor)} is not valid for this list: omit it to start at the top")


class QueueNotFound(QueueError):
    """No queue with this name ever held a job or has settings."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no queue has the name {shown(name)}")


class QueueNotEmpty(QueueError):
    """A queue that holds jobs, in any state, cannot be deleted. `jobs`: their number by state."""

    def __init__(self, name: str, jobs: Mapping[State, int]) -> None:
        number = sum(jobs.values())
        states = ", ".join(f"{count} {state}" for state, count in jobs.items() if count)
        super().__init__(
            f"queue {shown(name)} holds {number} job{'s' * (number != 1)} ({states}): delete them, or move waiting"
            " ones to another queue"
        )


class TokenNotFound(QueueError):
    """No token has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no token has the name {shown(name)}")


class TokenExists(QueueError):
    """A token with this name, or this secret, already exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a token named {shown(name)} exists already: choose another name, or revoke that token")


class LastAdmin(QueueError):
    """The last valid admin token cannot be revoked."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{shown(name)} is the last admin token: create another one before you revoke it")


class LinkUsed(QueueError):
    """No valid sign-in link has this code."""

    def __init__(self) -> None:
        super().__init__(
            "this sign-in link has expired, was already used, or was replaced by a later sign-in:"
            " create a new one with 'queuectl token link'"
        )


class NotSignedIn(QueueError):
    """The request has no credentials, or invalid ones."""


class UnknownSecret(NotSignedIn):
    """No token or session has this secret: possibly an attempt to guess one."""


class TokenExpired(NotSignedIn):
    """The token has expired."""

    def __init__(self, name: str) -> None:
        super().__init__(f"token '{name}' has expired: sign in with another one")


class NotAllowed(QueueError):
    """The actor's role does not permit the action."""

    def __init__(self, name: str, role: Role, needed: Role) -> None:
        super().__init__(f"token '{name}' has the role {role}, but this requires the role {needed}")


class CommandNotAllowed(QueueError):
    """The queue's allow-list does not permit the command, or not with the job's env or cwd. `position`: in a batch.

    `entries`: the queue's own list, or `default-commands` if `by_default`. `surrounded`: the job sets env or cwd.
    """

    def __init__(self, queue: str, entries: Sequence[str], command: str, *, surrounded: bool, by_default: bool) -> None:
        name = f"{shown(queue)}, which has no list of its own," if by_default else shown(queue)
        if surrounded:
            super().__init__(
                f"queue {name} accepts only the commands on its allow-list, and only without env and cwd: omit them"
            )
        else:
            listed = ", ".join(map(shown, entries[:5])) or "none"
            more = f" and {len(entries) - 5} more" if len(entries) > 5 else ""
            super().__init__(
                f"queue {name} does not accept the command {shown(command)}; allowed: {listed}{more} (* stands for"
                " any words, each plain or in single quotes)"
            )
        self.position: int | None = None


class UnderWay(QueueError):
    """The same operation is already in progress, and only one can run at a time."""

    def __init__(self, what: str) -> None:
        super().__init__(f"another {what} is in progress: try again when it has finished")


class NotMoved(QueueError):
    """The queue cannot be moved into another database now; nothing was changed."""


class InvalidBackup(QueueError):
    """The backup is incomplete, or this version cannot read it; nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this backup cannot be restored: {reason}")


class InvalidText(QueueError):
    """A text contains a character that the database does not store."""

    def __init__(self) -> None:
        super().__init__("a text contains a NUL character or a lone surrogate: remove it")


class DatabaseUnusable(QueueError):
    """The database is unavailable; nothing was changed. The caller may try again."""


class WrongDatabase(DatabaseUnusable):
    """The database is missing, not migrated, or newer than this program: trying again does not help."""


class DatabaseBusy(DatabaseUnusable):
    """Another process kept the database locked for longer than the busy timeout."""


class Conflict(DatabaseBusy):
    """Another transaction got in the way, and this one was rolled back: it can be repeated at once."""


class OutcomeUnknown(DatabaseUnusable):
    """The connection was lost during a commit: everything in it was changed, or nothing. Do not simply repeat it."""

    def __init__(self) -> None:
        super().__init__("the connection to the database was lost at the end: look whether the change was made")


class StorageFull(DatabaseUnusable):
    """The file system that holds the queue is full."""
