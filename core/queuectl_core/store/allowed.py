"""Enforces the allow-lists of queues."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from queuectl_core.model.allowed import ANY, takes
from queuectl_core.model.config import DEFAULT_COMMANDS
from queuectl_core.model.errors import CommandNotAllowed
from queuectl_core.store.dialect import marks
from queuectl_core.store.session import Session

DEFAULT = f"(SELECT value FROM config WHERE key = '{DEFAULT_COMMANDS}' AND value <> 'null')"
"""SQL: the default allow-list, or null."""

LIST = f"SELECT coalesce(commands, {DEFAULT}), commands IS NULL FROM (SELECT 1) AS one LEFT JOIN queue ON name = ?"
"""The effective allow-list of a queue, and whether it is the default."""

COLUMNS = "queue, command, env IS NOT NULL OR cwd IS NOT NULL"

STAGED = (
    f"SELECT position, {COLUMNS} FROM staged JOIN template USING (template)"
    " WHERE position > ? ORDER BY position LIMIT 500"
)

Row: TypeAlias = tuple[int, str, str, bool]
"""A position or `seq`, and the values of COLUMNS."""


class AllowedCommands:
    """Most jobs are checked after they are written, inside the same transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def takes_surrounded(self, queue: str) -> bool:
        """Whether the queue accepts jobs that set their environment or directory."""
        entries, _ = self._list(queue)
        return entries is None or ANY in entries

    def check_new(self, queue: str, command: str, *, surrounded: bool) -> None:
        """Check a job before it is written; raises CommandNotAllowed. `surrounded`: see `takes`."""
        for _, refusal in self._refused([(0, queue, command, surrounded)]):
            raise refusal

    def check(self, seq: int) -> None:
        """Check a job; raises CommandNotAllowed."""
        for _, refusal in self._refused(self._jobs([seq])):
            raise refusal

    def check_staged(self, queues: set[str]) -> None:
        """Check a batch with jobs for these queues; raises CommandNotAllowed with the first refused position."""
        if self._any_allow_list(queues):
            for place, refusal in self._refused(self._staged()):
                refusal.position = place
                raise refusal

    def refused(self, seqs: Sequence[int]) -> set[int]:
        """The jobs whose commands their queues do not accept."""
        return {seq for seq, _ in self._refused(self._jobs(seqs))}

    def _jobs(self, seqs: Sequence[int]) -> list[Row]:
        return self._session.rows(f"SELECT seq, {COLUMNS} FROM job WHERE seq IN ({marks(len(seqs))})", seqs)

    def _any_allow_list(self, queues: set[str]) -> bool:
        if self._session.value(f"SELECT {DEFAULT} IS NOT NULL"):
            return True
        listed = self._session.rows("SELECT name FROM queue WHERE commands IS NOT NULL")
        return not queues.isdisjoint(name for (name,) in listed)

    def _staged(self) -> Iterator[Row]:
        """Read in steps, because a batch may be larger than memory."""
        position = -1
        while rows := self._session.rows(STAGED, (position,)):
            yield from rows
            position = rows[-1][0]

    def _refused(self, jobs: Iterable[Row]) -> Iterator[tuple[int, CommandNotAllowed]]:
        lists: dict[str, tuple[list[str] | None, bool]] = {}
        for place, queue, command, surrounded in jobs:
            if queue not in lists:
                lists[queue] = self._list(queue)
            entries, by_default = lists[queue]
            if entries is not None and not takes(entries, command, surrounded=surrounded):
                yield place, CommandNotAllowed(queue, entries, command, surrounded=surrounded, by_default=by_default)

    def _list(self, queue: str) -> tuple[list[str] | None, bool]:
        """The queue's effective allow-list, None if it accepts all commands; and whether it is the default."""
        [(commands, by_default)] = self._session.recall(LIST, (queue,))
        return (json.loads(commands) if commands else None), bool(by_default)
