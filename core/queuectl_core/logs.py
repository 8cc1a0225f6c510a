"""The output of attempts: one file each, written by the command itself.

Of a long output the middle may be missing: where it was, the file has a hole. A reader is told so.
"""

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

log = logging.getLogger("queuectl.logs")

CHUNK = 65_536
GROUP = 1000


class Piece(NamedTuple):
    """A part of an output, and the offset at which the next one begins."""

    content: bytes
    end: int


class Logs:
    """The directory of log files. A file is named after the job's `seq`, not its id: users choose ids."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._prefix = f"{directory}/"

    def path(self, seq: int, attempt: int) -> Path:
        """Where that attempt's output is; there need not be a file."""
        return self.directory / f"{seq // GROUP:06d}" / f"{seq}-{attempt}.log"

    def create(self, seq: int, attempt: int) -> int:
        """A new descriptor that appends to the attempt's file; the caller closes it. Raises OSError.

        The file may be there where a power cut has undone the first claim of this attempt: it begins anew.
        """
        path = f"{self._prefix}{seq // GROUP:06d}/{seq}-{attempt}.log"  # a Path takes longer than to open it
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o640)
        except FileNotFoundError:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o640)

    def prove_writable(self) -> None:
        """Raise OSError where no log can be made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.directory):
            pass

    def kept(self, seq: int, attempt: int) -> int:
        """Bytes that a reader gets, from the first to the last one so far."""
        try:
            with self.path(seq, attempt).open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                hole = _seek(file.fileno(), 0, os.SEEK_HOLE)
                missing = _seek(file.fileno(), hole, os.SEEK_DATA) - hole if hole < size else 0
                return size - missing + len(_marker(missing))
        except FileNotFoundError:
            return 0

    def read(self, seq: int, attempt: int, offset: int = 0) -> Piece:
        """Up to CHUNK bytes of the output from `offset` on; nothing at its end, or where there is no file."""
        try:
            with self.path(seq, attempt).open("rb", buffering=0) as file:
                content = os.pread(file.fileno(), CHUNK, offset)
                # Looked for after reading: what was taken out in between is missing then, and not read as zeros.
                hole = _seek(file.fileno(), offset, os.SEEK_HOLE)
                if content and hole == offset:
                    data = _seek(file.fileno(), offset, os.SEEK_DATA)
                    return Piece(_marker(data - offset), data)
                content = content[: hole - offset]
                return Piece(content, offset + len(content))
        except FileNotFoundError:
            return Piece(b"", offset)

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """Where the last `lines` lines begin; found from the end, so that size does not matter."""
        try:
            with self.path(seq, attempt).open("rb", buffering=0) as file:
                return _tail_offset(file.fileno(), lines)
        except FileNotFoundError:
            return 0

    def delete(self, seq: int, attempts: int) -> None:
        """Remove the files of attempts 1 to `attempts`. What cannot be removed now is left to `sweep`."""
        for attempt in range(1, attempts + 1):
            try:
                self.path(seq, attempt).unlink(missing_ok=True)
            except OSError as fault:
                log.warning("a log is left for later: %s", fault)

    def sweep(self, existing: Callable[[range], set[int]]) -> int:
        """Remove the logs of jobs that are no more; returns how many.

        `existing` tells which `seq`s of a range are those of jobs. It is asked after the files were seen: a job is
        there before its first log is.
        """
        removed = 0
        for directory in _listed(self.directory):
            if directory.name.isdigit():
                first = int(directory.name) * GROUP
                logs = [path for path in _listed(directory) if path.name.partition("-")[0].isdigit()]
                jobs = existing(range(first, first + GROUP))
                for path in logs:
                    if int(path.name.partition("-")[0]) not in jobs:
                        path.unlink(missing_ok=True)
                        removed += 1
        return removed


def _tail_offset(descriptor: int, lines: int) -> int:
    size = os.fstat(descriptor).st_size
    if lines <= 0 or not size:
        return size
    wanted = lines + (os.pread(descriptor, 1, size - 1) == b"\n")
    hole = _seek(descriptor, 0, os.SEEK_HOLE)
    behind = _seek(descriptor, hole, os.SEEK_DATA) if hole < size else 0
    position, wanted = _before(descriptor, behind, size, wanted)
    if not wanted or not behind:
        return position
    if wanted == 1:  # what tells of the hole is a line as well
        return hole
    return _before(descriptor, 0, hole, wanted - 1)[0]


def _marker(missing: int) -> bytes:
    """What a reader is told where that many bytes are missing."""
    return b"\n[... %d bytes were not kept ...]\n" % missing if missing else b""


def _listed(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _seek(descriptor: int, offset: int, whence: int) -> int:
    """Where data or a hole begins, from `offset` on; the file's end where there is none."""
    try:
        return os.lseek(descriptor, offset, whence)
    except OSError as fault:
        if whence == os.SEEK_DATA and fault.errno != errno.ENXIO:
            return offset  # the file system knows of no holes
        return max(offset, os.fstat(descriptor).st_size)


def _before(descriptor: int, start: int, end: int, wanted: int) -> tuple[int, int]:
    """Walk back from `end`, at most to `start`, behind the `wanted`th newline; where that is, and how many lack."""
    while end > start:
        position = max(start, end - CHUNK)
        chunk = os.pread(descriptor, end - position, position)
        found = chunk.count(b"\n")
        if found >= wanted:
            cut = len(chunk)
            for _ in range(wanted):
                cut = chunk.rindex(b"\n", 0, cut)
            return position + cut + 1, 0
        wanted -= found
        end = position
    return start, wanted
