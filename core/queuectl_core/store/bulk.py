"""Bulk actions on jobs, given by id or selected by a filter, one step at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import InvalidCursor
from queuectl_core.model.filter import Filter
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State, Verb, sources
from queuectl_core.store.allowed import AllowedCommands
from queuectl_core.store.dialect import marks
from queuectl_core.store.job_actions import JobActions
from queuectl_core.store.pagination import Keyset
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import FOUND, Found, LogKey, found

MAX_CHANGED = 500
"""Jobs changed per step, so that others can write in between."""

SCANNED = 20_000
"""Maximum number of jobs read per step, to limit how long the write lock is held."""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of a step. `jobs`: the changed jobs, as they were before.

    `skipped`: how many jobs were not changed, because their state or queue does not allow it, another job holds their
    unique key, or they no longer exist.
    `logs`: logs that the caller must delete. `next_cursor`: None after the last step.
    """

    jobs: list[Found]
    skipped: int
    logs: list[LogKey]
    next_cursor: str | None

    @property
    def changed(self) -> int:
        """The number of changed jobs."""
        return len(self.jobs)


class Bulk:
    """Each step is one transaction."""

    def __init__(self, session: Session, actions: JobActions) -> None:
        self._session = session
        self._actions = actions
        self._allowed = AllowedCommands(session)

    def named(self, action: Action, ids: Sequence[str], *, force: bool = False) -> Step:
        """Act on the jobs with these ids, at most MAX_CHANGED. `force`: delete running jobs as well."""
        with self._session.transaction():
            rows = self._session.rows(
                f"SELECT seq FROM job WHERE id IN ({marks(len(ids))}) AND {_allowed(action, force)}", tuple(ids)
            )
            jobs, logs = self._act(action, self._locked(rows, _allowed(action, force)))
        return Step(jobs, len(set(ids)) - len(jobs), logs, None)

    def step(
        self, action: Action, chosen: Filter, cursor: str | None = None, *, force: bool = False, most: int = MAX_CHANGED
    ) -> Step:
        """Act on the next jobs, in the order they were enqueued. Raises InvalidCursor.

        Each job is considered once; jobs enqueued after the first step are not.
        """
        with self._session.transaction():
            after, last = self._positions(cursor)
            keyset = Keyset(self._session, chosen, Sort.OLDEST)
            end = min(keyset.end(after, SCANNED) or last, last)
            allowed = _allowed(action, force)
            rows = keyset.rows("seq", after, end, most, only=allowed)
            if len(rows) == most:
                end = (rows[-1][0],)
            skipped = keyset.count(after, end, only=f"NOT ({allowed})")
            jobs, logs = self._act(action, self._locked(rows, allowed))
            skipped += len(rows) - len(jobs)
        return Step(jobs, skipped, logs, None if end == last else f"{end[0]}:{last[0]}")

    def _positions(self, cursor: str | None) -> tuple[tuple[int], tuple[int]]:
        """The `seq` of the last job considered so far, and of the last one to consider."""
        if cursor is None:
            return (0,), (self._session.value("SELECT max(seq) FROM job") or 0,)
        place = re.fullmatch(r"([0-9]{1,18}):([0-9]{1,18})", cursor)
        if place is None:
            raise InvalidCursor(cursor)
        return (int(place[1]),), (int(place[2]),)

    def _locked(self, rows: Sequence[tuple[int]], allowed: str) -> list[Found]:
        """Those jobs that still match `allowed` once nobody else can change them."""
        seqs = [seq for (seq,) in rows]
        return [
            found(row)
            for row in self._session.rows(
                f"SELECT {FOUND} FROM job WHERE seq IN ({marks(len(seqs))}) AND {allowed}"
                f" ORDER BY seq {self._session.dialect.lock_rows}",
                seqs,
            )
        ]

    def _act(self, action: Action, jobs: list[Found]) -> tuple[list[Found], list[LogKey]]:
        """The changed jobs, and the logs of deleted ones."""
        match action:
            case Action.RETRY:
                refused = self._allowed.refused([job.seq for job in jobs])
                jobs = [job for job in jobs if job.seq not in refused]
                held = self._actions.held_by_others(jobs)
                jobs = [job for job in jobs if job.seq not in held]
                self._actions.retry_found(jobs)
            case Action.CANCEL:
                self._actions.cancel_found(jobs)
            case Action.DELETE:
                self._actions.delete_found(jobs)
                return jobs, [job.log_key for job in jobs]
        return jobs, []


def _allowed(action: Action, force: bool) -> str:
    """SQL: whether a job's state allows the action."""
    match action:
        case Action.RETRY:
            states = sources(Verb.RETRY)
        case Action.CANCEL:
            states = sources(Verb.CANCEL)
        case Action.DELETE:
            states = frozenset(State) if force else frozenset(State) - {State.PROCESSING}
    named = ", ".join(f"'{state}'" for state in sorted(states))
    return f"state IN ({named}) AND cancelling = 0" if action is Action.CANCEL else f"state IN ({named})"
