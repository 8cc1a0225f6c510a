"""Holding jobs to the commands that their queues take."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from queuectl_core.allowed import ANY, takes
from queuectl_core.config import DEFAULT_COMMANDS
from queuectl_core.errors import CommandNotAllowed
from queuectl_core.sqlite.database import Database

DEFAULT = f"(SELECT value FROM config WHERE key = '{DEFAULT_COMMANDS}' AND value <> 'null')"
"""SQL: the list of queues without one, null where there is none either."""

LIST = f"SELECT coalesce(commands, {DEFAULT}), commands IS NULL FROM (SELECT 1) LEFT JOIN queue ON name = ?"
"""The list that counts for a queue, and whether it is the default."""

COLUMNS = "queue, command, env IS NOT NULL OR cwd IS NOT NULL"

STAGED = f"SELECT position, {COLUMNS} FROM staged JOIN kind USING (kind) WHERE position > ? ORDER BY position LIMIT 500"

Row: TypeAlias = tuple[int, str, str, bool]
"""A place, and the values of COLUMNS."""


class AllowedCommands:
    """Most are looked at once they are written, inside the transaction that wrote them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def takes_surrounded(self, queue: str) -> bool:
        """Whether the queue takes jobs with an environment or a directory of their own."""
        entries, _ = self._list(queue)
        return entries is None or ANY in entries

    def check_new(self, queue: str, command: str, *, surrounded: bool) -> None:
        """The same before a job is written; `surrounded`: see `takes`."""
        for _, refusal in self._refused([(0, queue, command, surrounded)]):
            raise refusal

    def check(self, seq: int) -> None:
        """Raise CommandNotAllowed where the job's queue does not take its command."""
        for _, refusal in self._refused(self._jobs([seq])):
            raise refusal

    def check_staged(self, queues: set[str]) -> None:
        """The same for a batch, whose jobs are for these queues; with the place of the first that is refused."""
        if self._any_listed(queues):
            for place, refusal in self._refused(self._staged()):
                refusal.position = place
                raise refusal

    def refused(self, seqs: Sequence[int]) -> set[int]:
        """Those of the jobs whose queues do not take their commands."""
        return {seq for seq, _ in self._refused(self._jobs(seqs))}

    def _jobs(self, seqs: Sequence[int]) -> list[Row]:
        marks = ", ".join("?" * len(seqs))
        return self._db.rows(f"SELECT seq, {COLUMNS} FROM job WHERE seq IN ({marks})", seqs)

    def _any_listed(self, queues: set[str]) -> bool:
        if self._db.value(f"SELECT {DEFAULT} IS NOT NULL"):
            return True
        listed = self._db.rows("SELECT name FROM queue WHERE commands IS NOT NULL")
        return not queues.isdisjoint(name for (name,) in listed)

    def _staged(self) -> Iterator[Row]:
        """In steps: a batch may be larger than the memory."""
        position = -1
        while rows := self._db.rows(STAGED, (position,)):
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
        """The list that counts for the queue, None: all commands; and whether it is the default."""
        commands, by_default = self._db.row(LIST, (queue,)) or (None, False)
        return (json.loads(commands) if commands else None), bool(by_default)
