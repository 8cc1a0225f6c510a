"""Reading the files of one log while they are being written."""

import errno
import os

from queuectl_core.logs import bounded
from queuectl_core.logs.parts import CHUNK, size, tail_offset
from queuectl_core.logs.piece import Piece, gap


class BoundedReader:
    """`first`, `tail`: descriptors of the two files. Logs of older versions have holes instead of a `.tail` file."""

    def __init__(self, first: int, tail: int | None) -> None:
        self._first = first
        self._tail = tail
        self._size = os.fstat(first).st_size

    def read(self, offset: int) -> Piece:
        """See LogStore.read; at most CHUNK bytes."""
        if offset < self._size:
            return self._read_first(offset)
        if self._tail is None:
            return Piece(b"", offset, offset)
        start, content = bounded.read_ring(self._tail, offset - self._size, CHUNK)
        start += self._size
        return gap(offset, start) if start > offset else Piece(content, offset, offset + len(content))

    def _read_first(self, offset: int) -> Piece:
        content = os.pread(self._first, CHUNK, offset)
        # Holes are searched after reading: what was punched out in between then counts as missing, not as zeros.
        hole = _seek(self._first, offset, os.SEEK_HOLE)
        if content and hole == offset:
            return gap(offset, _seek(self._first, offset, os.SEEK_DATA))
        content = content[: hole - offset]
        return Piece(content, offset, offset + len(content))

    def size(self) -> int:
        """See LogStore.size."""
        return size(self._parts())

    def tail_offset(self, lines: int) -> int:
        """See LogStore.tail_offset."""
        return tail_offset(self._parts(), self._at, lines)

    def _parts(self) -> list[tuple[int, int]]:
        """Start and end of each part that was kept, in order."""
        parts = []
        end = 0
        while (start := _seek(self._first, end, os.SEEK_DATA)) < self._size:
            end = min(_seek(self._first, start, os.SEEK_HOLE), self._size)
            parts.append((start, end))
        if self._tail is not None:
            ring = bounded.ring(self._tail)
            if ring.oldest < ring.written:
                parts.append((self._size + ring.oldest, self._size + ring.written))
        return parts

    def _at(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`; none if they were overwritten meanwhile."""
        if start < self._size or self._tail is None:
            return os.pread(self._first, end - start, start)
        content = b""
        while start + len(content) < end:
            wanted = start + len(content) - self._size
            first, piece = bounded.read_ring(self._tail, wanted, end - start - len(content))
            if first > wanted or not piece:
                return b""
            content += piece
        return content


def _seek(descriptor: int, offset: int, whence: int) -> int:
    """Where data or a hole begins, from `offset` on; the end of the file if there is none."""
    try:
        return os.lseek(descriptor, offset, whence)
    except OSError as fault:
        if whence == os.SEEK_DATA and fault.errno != errno.ENXIO:
            return offset  # the file system does not support holes
        return max(offset, os.fstat(descriptor).st_size)
