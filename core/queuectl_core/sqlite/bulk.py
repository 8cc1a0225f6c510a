"""The same done to many jobs: to those that are named, or to all that a filter chooses, a step at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from queuectl_core.errors import InvalidCursor
from queuectl_core.sqlite.allowed import AllowedCommands
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.queue import FOUND, Found, LogKey, Queue, found
from queuectl_core.sqlite.walk import Sort, Walk
from queuectl_core.state import State, Verb, sources

MOST = 500
"""Jobs that one step changes: others get their turn in between."""

MET = 20_000
"""Jobs that one step looks at: the write lock is held meanwhile."""


class Action(StrEnum):
    """What can be done."""

    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, to which `jobs`, as they were before.

    `skipped`: those whose state or queue does not allow it, or that are gone; `logs` are to be deleted.
    """

    jobs: list[Found]
    skipped: int
    logs: list[LogKey]
    next_cursor: str | None

    @property
    def changed(self) -> int:
        """To how many it was done."""
        return len(self.jobs)


class Bulk:
    """Each step is one transaction."""

    def __init__(self, db: Database, queue: Queue) -> None:
        self._db = db
        self._queue = queue
        self._allowed = AllowedCommands(db)

    def named(self, action: Action, ids: Sequence[str], *, force: bool = False) -> Step:
        """Act on the jobs with these ids, at most MOST. `force`: delete those that run as well."""
        with self._db.transaction():
            marks = ", ".join("?" * len(ids))
            rows = self._db.rows(
                f"SELECT {FOUND} FROM job WHERE id IN ({marks}) AND {_allowed(action, force)}", tuple(ids)
            )
            jobs, logs = self._act(action, [found(row) for row in rows])
        return Step(jobs, len(set(ids)) - len(jobs), logs, None)

    def step(
        self, action: Action, chosen: Filter, cursor: str | None = None, *, force: bool = False, most: int = MOST
    ) -> Step:
        """Act on the next jobs, in the order of their arrival; raises InvalidCursor.

        Each is met once, whatever becomes of it; those that came after the first step are not.
        """
        with self._db.transaction():
            after, last = self._begun(cursor)
            walk = Walk(self._db, chosen, Sort.OLDEST)
            end = min(walk.end(after, MET) or last, last)
            allowed = _allowed(action, force)
            rows = walk.rows(FOUND, after, end, most, only=allowed)
            if len(rows) == most:
                end = (rows[-1][0],)
            skipped = walk.count(after, end, only=f"NOT ({allowed})")
            jobs, logs = self._act(action, [found(row) for row in rows])
            skipped += len(rows) - len(jobs)
        return Step(jobs, skipped, logs, None if end == last else f"{end[0]}:{last[0]}")

    def _begun(self, cursor: str | None) -> tuple[tuple[int], tuple[int]]:
        """The last job that was met, and the last that is to be met."""
        if cursor is None:
            return (0,), (self._db.value("SELECT max(seq) FROM job") or 0,)
        place = re.fullmatch(r"([0-9]{1,18}):([0-9]{1,18})", cursor)
        if place is None:
            raise InvalidCursor(cursor)
        return (int(place[1]),), (int(place[2]),)

    def _act(self, action: Action, jobs: list[Found]) -> tuple[list[Found], list[LogKey]]:
        """To which of them something was done, and their logs where they are gone."""
        match action:
            case Action.RETRY:
                refused = self._allowed.refused([job.seq for job in jobs])
                jobs = [job for job in jobs if job.seq not in refused]
                self._queue.requeue(jobs)
            case Action.CANCEL:
                self._queue.stop(jobs)
            case Action.DELETE:
                self._queue.remove(jobs)
                return jobs, [job.log_key for job in jobs]
        return jobs, []


def _allowed(action: Action, force: bool) -> str:
    """SQL: whether it can be done to a job."""
    match action:
        case Action.RETRY:
            states = sources(Verb.RETRY)
        case Action.CANCEL:
            states = sources(Verb.CANCEL)
        case Action.DELETE:
            states = frozenset(State) if force else frozenset(State) - {State.PROCESSING}
    named = ", ".join(f"'{state}'" for state in sorted(states))
    return f"state IN ({named}) AND NOT cancelling" if action is Action.CANCEL else f"state IN ({named})"
