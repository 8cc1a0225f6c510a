"""What can be on a disk after a power cut.

What an fsync has covered is there. Each later write may have arrived or not, in any order, or only some of its sectors.
Names are as on ext4, whose journal keeps their changes in order: some first ones of those that no fsync has covered
are there. An fsync of a file covers its names, one of a directory all names in it.
"""

from collections.abc import Collection
from enum import Enum, auto
from pathlib import PurePosixPath
from random import Random

from tests.faults.power_cut.recording import (
    Change,
    Create,
    Naming,
    Record,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Unlink,
    Write,
)

SECTOR = 512


class Fate(Enum):
    """What becomes of everything that no fsync has covered."""

    LOST = auto()
    KEPT = auto()
    CHANCE = auto()


class Disk:
    """The disk after the records that it was given."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}
        self._namings: list[Naming] = []

    def apply(self, record: Record) -> None:
        """Go on by one record."""
        match record:
            case Create():
                self._files[record.file] = _File()
                self._namings.append(record)
            case Unlink() | Rename():
                self._namings.append(record)
            case Write() | Truncate():
                self._files[record.file].changes.append(record)
            case Sync(file):
                self._files[file].sync()
                self._sync_names([naming.file == file for naming in self._namings])
            case SyncDirectory(path):
                self._sync_names([path in _directories(naming) for naming in self._namings])

    def _sync_names(self, covered: list[bool]) -> None:
        """All up to the last one that is covered."""
        while any(covered):
            _apply(self._names, self._namings.pop(0))
            covered.pop(0)

    def after_cut(self, paths: Collection[str], fate: Fate, chance: Random) -> dict[str, bytes]:
        """Path → content of those that are there, as the next start of the machine could find them."""
        names = dict(self._names)
        arrived = {Fate.LOST: 0, Fate.KEPT: len(self._namings)}.get(fate, chance.randint(0, len(self._namings)))
        for naming in self._namings[:arrived]:
            _apply(names, naming)
        return {path: self._files[names[path]].after_cut(fate, chance) for path in paths if path in names}


class _File:
    def __init__(self) -> None:
        self._synced = bytearray()
        self.changes: list[Change] = []

    def sync(self) -> None:
        for change in self.changes:
            _carry_out(change, self._synced)
        self.changes.clear()

    def after_cut(self, fate: Fate, chance: Random) -> bytes:
        content = bytearray(self._synced)
        likely = {Fate.LOST: 0.0, Fate.KEPT: 1.0}.get(fate, chance.random())
        for change in self.changes:
            if chance.random() < likely:
                _carry_out(change, content)
            elif fate is Fate.CHANCE and isinstance(change, Write) and chance.random() < 0.5:
                _tear(change, content, chance)
        return bytes(content)


def _tear(write: Write, content: bytearray, chance: Random) -> None:
    """Have some of the sectors arrive."""
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        next_sector = min(end, (start // SECTOR + 1) * SECTOR)
        if chance.random() < 0.5:
            part = write.data[start - write.offset : next_sector - write.offset]
            _carry_out(Write(write.file, start, part), content)
        start = next_sector


def _carry_out(change: Change, content: bytearray) -> None:
    match change:
        case Write(_, offset, data):
            _fill(content, offset)
            content[offset : offset + len(data)] = data
        case Truncate(_, length):
            del content[length:]
            _fill(content, length)


def _fill(content: bytearray, length: int) -> None:
    content.extend(bytes(max(0, length - len(content))))


def _apply(names: dict[str, int], naming: Naming) -> None:
    match naming:
        case Create(path, file):
            names[path] = file
        case Unlink(path):
            del names[path]
        case Rename(path, file, new):
            del names[path]
            names[new] = file


def _directories(naming: Naming) -> set[str]:
    paths = {naming.path, naming.new} if isinstance(naming, Rename) else {naming.path}
    return {str(PurePosixPath(path).parent) for path in paths}
