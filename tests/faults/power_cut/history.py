"""What had been said before a power cut, by clients and by commands."""

from collections import defaultdict
from enum import StrEnum
from pathlib import Path


class Said(StrEnum):
    """The first word of a note; ids of jobs follow."""

    TOGETHER = "together"  # these are about to be sent in one batch
    ENQUEUED = "enqueued"  # acknowledged, as the next ones are
    CANCELLED = "cancelled"
    DELETING = "deleting"  # is about to be asked for
    DELETED = "deleted"
    RAN = "ran"  # by the command itself


class History:
    """The notes so far: `said` has the ids of each kind, `batches` those of each batch."""

    def __init__(self) -> None:
        self.said: dict[Said, set[str]] = defaultdict(set)
        self.batches: list[set[str]] = []

    def hear(self, note: str) -> None:
        """Take another note in."""
        word, *ids = note.split()
        self.said[Said(word)].update(ids)
        if word == Said.TOGETHER:
            self.batches.append(set(ids))


def command(job_id: str, notes: Path) -> str:
    """A command that tells of its run; no two jobs have the same."""
    return f"echo {Said.RAN} {job_id} >>{notes}"
