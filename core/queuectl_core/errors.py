"""Everything the queue refuses, and every fault it names. The docstring says when; the text is for people."""

from collections.abc import Sequence

from queuectl_core.role import Role


def shown(text: str) -> str:
    """User's text within a message: quoted, and never long."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


class QueueError(Exception):
    """What the queue says no to; its text is one sentence that a user can act on."""


class JobNotFound(QueueError):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job has the id {shown(job_id)}")


class JobExists(QueueError):
    """A job with this id exists already; `position`: which one of a batch."""

    def __init__(self, job_id: str, position: int | None = None) -> None:
        super().__init__(
            f"a job with the id {shown(job_id)} exists already: choose another id, or leave it out to be given one"
        )
        self.job_id = job_id
        self.position = position


class WrongState(QueueError):
    """The job is not in a state from which this can be done; nothing was changed."""

    def __init__(self, job_id: str, state: str, reason: str) -> None:
        super().__init__(f"job {shown(job_id)} is {state}: {reason}")


class WorkerNotFound(QueueError):
    """No live worker has this id."""

    def __init__(self, worker_id: str) -> None:
        super().__init__(f"no live worker has the id {shown(worker_id)}")


class UnknownConfigKey(QueueError):
    """There is no such setting."""

    def __init__(self, key: str, known: list[str]) -> None:
        super().__init__(f"there is no setting {shown(key)}: the settings are {', '.join(known)}")


class InvalidConfigValue(QueueError):
    """A setting cannot have this value, or in a list not the one at `place`."""

    def __init__(self, message: str, value: object, *place: int | str) -> None:
        self.field = ".".join(map(str, ("value", *place)))
        self.value = value
        self.message = message
        super().__init__(f"{self.field}: {message}")


class InvalidCursor(QueueError):
    """The cursor did not come from a list of this queue."""

    def __init__(self, cursor: str) -> None:
        super().__init__(f"cursor {shown(cursor)} did not come from this list: leave it out to start at the top")


class TokenNotFound(QueueError):
    """No token has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no token has the name {shown(name)}")


class TokenExists(QueueError):
    """A token with this name, or this secret, exists already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a token with the name {shown(name)} exists already: choose another, or revoke that one")


class LastAdmin(QueueError):
    """Without this token nobody could do what needs an admin."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{shown(name)} is the last token of an admin: make another one before you revoke it")


class LinkUsed(QueueError):
    """No valid sign-in link has this code."""

    def __init__(self) -> None:
        super().__init__(
            "this sign-in link was used already, is too old, or was made void by a later sign-in:"
            " 'queuectl token link' makes another"
        )


class NotSignedIn(QueueError):
    """The request carries no credentials, or credentials that are not valid."""


class UnknownSecret(NotSignedIn):
    """No token or session has this secret; it may be a guess."""


class TokenExpired(NotSignedIn):
    """The token was valid until its end."""

    def __init__(self, name: str) -> None:
        super().__init__(f"token '{name}' has expired: sign in with another one")


class NotAllowed(QueueError):
    """The caller's role does not reach the one that is needed."""

    def __init__(self, name: str, role: Role, needed: Role) -> None:
        super().__init__(f"token '{name}' is of a{_an(role)} {role}: this needs a{_an(needed)} {needed}")


def _an(role: Role) -> str:
    return "" if role is Role.VIEWER else "n"


class CommandNotAllowed(QueueError):
    """The queue takes only some commands, and not this one, or not with what the job sets; `position`: in a batch.

    `entries`: of the queue's own list, or of `default-commands` where `by_default`.
    """

    def __init__(self, queue: str, entries: Sequence[str], command: str, *, surrounded: bool, by_default: bool) -> None:
        name = f"{shown(queue)}, which has no list of its own," if by_default else shown(queue)
        if surrounded:
            super().__init__(
                f"queue {name} takes only commands that an admin has listed, and those without env and cwd:"
                " leave them out"
            )
        else:
            listed = ", ".join(map(shown, entries[:5])) or "none"
            more = f" and {len(entries) - 5} more" if len(entries) > 5 else ""
            super().__init__(
                f"queue {name} does not take the command {shown(command)}, but {listed}{more} (where * is any"
                " words, each plain or in single quotes)"
            )
        self.position: int | None = None


class UnderWay(QueueError):
    """Somebody does the same already, and only one can."""

    def __init__(self, what: str) -> None:
        super().__init__(f"another {what} is under way: try again when it is done")


class InvalidBackup(QueueError):
    """What is to be restored is not a whole backup, or not one that this version can read; nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is not a backup that can be restored: {reason}")


class DatabaseUnusable(QueueError):
    """The database cannot do its part now; what was asked for has not happened. Worth trying again."""


class WrongDatabase(DatabaseUnusable):
    """The database is missing, not migrated, or newer than this program: it will not get better by itself."""


class DatabaseBusy(DatabaseUnusable):
    """Another process kept the database locked for longer than the busy timeout."""


class StorageFull(DatabaseUnusable):
    """There is no room left on the file system that holds the queue."""
