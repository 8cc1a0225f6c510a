"""The log of one attempt: its first and its last part, together bounded, however much is printed.

Two files, so that nothing is ever copied and no file has a hole. Up to half of the bound the output is in `NAME.log`;
what follows is in `NAME.tail`, a ring that is overwritten in place:

    size      8 bytes   of the ring
    reserved  8 bytes   printed behind the first part, what is being written now included
    written   8 bytes   of that, what is in the ring
    ring      `size` bytes: the byte printed as number N behind the first part is at N % size

`reserved` grows before a write into the ring and `written` after it. So a reader who looks at `reserved` after reading
knows what was overwritten meanwhile. Numbers are unsigned, and little-endian.
"""

import os
import struct
from contextlib import suppress
from typing import NamedTuple

HEADER = struct.Struct("<QQQ")
MODE = 0o640


class LogWriter:
    """Writes the log of an attempt; makes its files when there is something to write.

    `path`: without suffix. `most`: bytes that are kept.
    """

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._first = most // 2
        self._ring = max(most - self._first, 1)
        self._log = self._tail = -1
        self.written = 0

    def write(self, data: memoryview) -> int:
        """Append; returns how many bytes, all of them unless the disk is full. Raises OSError where that is none."""
        done = 0
        try:
            while done < len(data):
                done += self._write_some(data[done:])
        except OSError:
            if not done:
                raise
        return done

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in (self._log, self._tail):
            if descriptor >= 0:
                os.close(descriptor)
        self._log = self._tail = -1

    def _write_some(self, data: memoryview) -> int:
        if self._log < 0:
            self._log = create(self._path)
        if self.written < self._first:
            done = os.pwrite(self._log, data[: self._first - self.written], self.written)
        else:
            done = self._write_ring(data, self.written - self._first)
        self.written += done
        return done

    def _write_ring(self, data: memoryview, behind: int) -> int:
        if self._tail < 0:
            self._tail = _made(f"{self._path}.tail")
        place = behind % self._ring
        data = data[: self._ring - place]
        os.pwrite(self._tail, HEADER.pack(self._ring, behind + len(data), behind), 0)
        done = os.pwrite(self._tail, data, HEADER.size + place)
        os.pwrite(self._tail, HEADER.pack(self._ring, behind + done, behind + done), 0)
        return done


def create(path: str) -> int:
    """A descriptor of an empty first part; what a power cut has left of the same attempt is removed. Raises OSError."""
    descriptor = _made(f"{path}.log")
    with suppress(FileNotFoundError):
        os.unlink(f"{path}.tail")  # noqa: PTH108
    return descriptor


def _made(path: str) -> int:
    """A descriptor of an empty file; its directory is made where it is missing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags, MODE)
    except FileNotFoundError:
        group = os.path.dirname(path)  # noqa: PTH120  # the spawner does without pathlib
        for directory in (os.path.dirname(group), group):  # noqa: PTH120  # not what is above: that is somebody else's
            with suppress(FileExistsError):
                os.mkdir(directory)  # noqa: PTH102
        return os.open(path, flags, MODE)


class Tail(NamedTuple):
    """The state of a ring: its last `size` bytes are those before `reserved`, without what is not `written` yet."""

    size: int
    reserved: int
    written: int

    @property
    def oldest(self) -> int:
        """The first byte that is not overwritten, as a number behind the first part."""
        return max(0, self.reserved - self.size)


def tail(descriptor: int) -> Tail:
    """What the header of a `.tail` says; an empty one where that is not written yet."""
    header = os.pread(descriptor, HEADER.size, 0)
    return Tail(*HEADER.unpack(header)) if len(header) == HEADER.size else Tail(1, 0, 0)


def read_tail(descriptor: int, start: int, most: int) -> tuple[int, bytes]:
    """Up to `most` bytes from number `start` on, or from the oldest one that is left; and the number of the first."""
    while True:
        before = tail(descriptor)
        first = max(start, before.oldest)
        place = first % before.size
        count = max(0, min(most, before.written - first, before.size - place))
        content = os.pread(descriptor, count, HEADER.size + place) if count else b""
        if tail(descriptor).oldest <= first:
            return first, content
