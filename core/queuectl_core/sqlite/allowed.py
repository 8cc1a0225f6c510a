"""Holding jobs to the commands that their queues take."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from queuectl_core.allowed import takes
from queuectl_core.errors import CommandNotAllowed
from queuectl_core.sqlite.database import Database


class AllowedCommands:
    """Most are looked at once they are written, inside the transaction that wrote them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def check_new(self, queue: str, command: str, *, surrounded: bool) -> None:
        """The same before a job is written; `surrounded`: it has an environment or a directory of its own."""
        commands = self._db.value("SELECT commands FROM queue WHERE name = ?", (queue,))
        if commands is not None and (refusal := _refusal(queue, commands, command, surrounded)):
            raise refusal

    def check(self, seq: int) -> None:
        """Raise CommandNotAllowed where the job's queue does not take its command."""
        for _, refusal in self._refused("SELECT seq AS place, * FROM job WHERE seq = ?", (seq,)):
            raise refusal

    def check_staged(self, queues: set[str]) -> None:
        """The same for a batch, whose jobs are for these queues; with the place of the first that is refused."""
        listed = self._db.rows("SELECT name FROM queue WHERE commands IS NOT NULL")
        if not queues.isdisjoint(name for (name,) in listed):
            for place, refusal in self._refused("SELECT position AS place, * FROM staged JOIN kind USING (kind)"):
                refusal.position = place
                raise refusal

    def refused(self, seqs: Sequence[int]) -> set[int]:
        """Those of the jobs whose queues do not take their commands."""
        marks = ", ".join("?" * len(seqs))
        return {seq for seq, _ in self._refused(f"SELECT seq AS place, * FROM job WHERE seq IN ({marks})", seqs)}

    def _refused(self, jobs: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[int, CommandNotAllowed]]:
        rows = self._db.rows(
            f"SELECT place, name, commands, command, env IS NOT NULL OR cwd IS NOT NULL FROM ({jobs})"
            " JOIN queue ON name = queue WHERE commands IS NOT NULL ORDER BY place",
            parameters,
        )
        for place, *job in rows:
            if refusal := _refusal(*job):
                yield place, refusal


def _refusal(queue: str, commands: str, command: str, surrounded: bool) -> CommandNotAllowed | None:
    entries = json.loads(commands)
    if surrounded or not takes(entries, command):
        return CommandNotAllowed(queue, entries, command, surrounded=bool(surrounded))
    return None
