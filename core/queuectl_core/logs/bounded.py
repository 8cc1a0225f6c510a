"""The files of one log: the first and the last part of an output, together bounded, however long the output is.

Two files, so that nothing is ever copied and no file has a hole. The first half of the bound is in `NAME.log`. What
follows it is in `NAME.tail`, a ring that is overwritten in place:

    size      8 bytes   of the ring
    reserved  8 bytes   bytes printed after the first part, including those being written now
    written   8 bytes   bytes printed after the first part that are in the ring
    ring      `size` bytes: byte N after the first part is at N % size

`reserved` grows before a write into the ring and `written` after it. A reader that looks at `reserved` after reading
therefore knows which bytes were overwritten meanwhile. Numbers are unsigned and little-endian.
"""

import os
import struct
from contextlib import suppress
from typing import NamedTuple

HEADER = struct.Struct("<QQQ")
MODE = 0o640


class BoundedWriter:
    """Writes the files of a log; see LogWriter. They are created at the first write.

    `path`: without suffix. `max_bytes`, `written`: see LogStore.writer.
    """

    interval = 0.0

    def __init__(self, path: str, max_bytes: int, written: int = 0) -> None:
        self._path = path
        self._first = max_bytes // 2
        self._ring = max(max_bytes - self._first, 1)
        self._log = self._tail = -1
        self.written = written

    def write(self, data: memoryview) -> int:
        """See LogWriter."""
        done = 0
        try:
            while done < len(data):
                done += self._write_some(data[done:])
        except OSError:
            if not done:
                raise
        return done

    def close(self) -> None:
        """See LogWriter."""
        for descriptor in (self._log, self._tail):
            if descriptor >= 0:
                os.close(descriptor)
        self._log = self._tail = -1

    def _write_some(self, data: memoryview) -> int:
        if self._log < 0:
            self._log = _open(f"{self._path}.log") if self.written else create(self._path)
        if self.written < self._first:
            done = os.pwrite(self._log, data[: self._first - self.written], self.written)
        else:
            done = self._write_ring(data, self.written - self._first)
        self.written += done
        return done

    def _write_ring(self, data: memoryview, start: int) -> int:
        """`start`: the number of the first byte, counted after the first part."""
        if self._tail < 0:
            tail = f"{self._path}.tail"
            self._tail = _open(tail) if start else _create(tail)
        place = start % self._ring
        data = data[: self._ring - place]
        os.pwrite(self._tail, HEADER.pack(self._ring, start + len(data), start), 0)
        done = os.pwrite(self._tail, data, HEADER.size + place)
        os.pwrite(self._tail, HEADER.pack(self._ring, start + done, start + done), 0)
        return done


def create(path: str) -> int:
    """A descriptor of an empty first part. Removes what a power cut has left of the same attempt. Raises OSError."""
    descriptor = _create(f"{path}.log")
    with suppress(FileNotFoundError):
        os.unlink(f"{path}.tail")  # noqa: PTH108
    return descriptor


def _open(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CLOEXEC)


def _create(path: str) -> int:
    """A descriptor of an empty file. Makes its directory, and the one above, if they are missing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags, MODE)
    except FileNotFoundError:
        group = os.path.dirname(path)  # noqa: PTH120  # faster than a Path
        for directory in (os.path.dirname(group), group):  # noqa: PTH120  # those above are not ours to make
            with suppress(FileExistsError):
                os.mkdir(directory)  # noqa: PTH102
        return os.open(path, flags, MODE)


class Ring(NamedTuple):
    """The state of a ring. It holds the last `size` bytes before `reserved`, except those not `written` yet."""

    size: int
    reserved: int
    written: int

    @property
    def oldest(self) -> int:
        """The number of the first byte that is not overwritten, counted after the first part."""
        return max(0, self.reserved - self.size)


def ring(descriptor: int) -> Ring:
    """The header of a `.tail` file; an empty ring if it is not written yet."""
    header = os.pread(descriptor, HEADER.size, 0)
    return Ring(*HEADER.unpack(header)) if len(header) == HEADER.size else Ring(1, 0, 0)


def read_ring(descriptor: int, start: int, most: int) -> tuple[int, bytes]:
    """Up to `most` bytes from number `start` on, or from the oldest byte left. Returns the number of the first too."""
    while True:
        before = ring(descriptor)
        first = max(start, before.oldest)
        place = first % before.size
        count = max(0, min(most, before.written - first, before.size - place))
        content = os.pread(descriptor, count, HEADER.size + place) if count else b""
        if ring(descriptor).oldest <= first:
            return first, content
