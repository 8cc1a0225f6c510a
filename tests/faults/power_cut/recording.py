"""What a file system was asked to do, in the order in which it did it."""

import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

NOTES = "/notes"
"""A line that is written to this file is a note."""

# Paths begin at the mount point, which is "/". A file keeps its number under whichever name.


class Create(NamedTuple):
    """A new, empty file."""

    path: str
    file: int


class Unlink(NamedTuple):
    """A name that is gone."""

    path: str
    file: int


class Rename(NamedTuple):
    """A file that has another name now; it may have taken it from another file."""

    path: str
    file: int
    new: str


class Write(NamedTuple):
    """Bytes at an offset."""

    file: int
    offset: int
    data: bytes


class Truncate(NamedTuple):
    """A file that was cut, or filled up with zeros, to a length."""

    file: int
    length: int


class Sync(NamedTuple):
    """An fsync or fdatasync of a file that has returned."""

    file: int


class SyncDirectory(NamedTuple):
    """An fsync of a directory that has returned."""

    path: str


class Note(NamedTuple):
    """What somebody said at this moment: it is not on the disk, it tells what had been seen of it."""

    text: str


Naming: TypeAlias = Create | Unlink | Rename
Change: TypeAlias = Write | Truncate
Record: TypeAlias = Naming | Change | Sync | SyncDirectory | Note


def read(path: Path) -> list[Record]:
    """A recording, from its file."""
    return list(_records(path))


def _records(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)


def created_as(records: Iterable[Record]) -> dict[int, str]:
    """Number of each file → the path that it was made under."""
    return {record.file: record.path for record in records if isinstance(record, Create)}
