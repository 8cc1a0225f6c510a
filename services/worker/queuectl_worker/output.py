"""The output of an attempt on the disk: bounded, while the command writes into the file itself."""

import ctypes
import os

FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE = 1, 2

_fallocate = ctypes.CDLL(None, use_errno=True).fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class Output:
    """A log that keeps its first and its last part, together about `most` bytes; both are whole blocks.

    What is between them is given back to the file system: a hole is punched, so that the command goes on writing
    where it was, and readers see by the hole what is missing. Nothing is copied, and nobody waits.
    """

    def __init__(self, descriptor: int, most: int) -> None:
        self._descriptor = descriptor
        self._part = most // 2
        self._block = 0
        self._kept = 0

    def bound(self) -> int:
        """Punch out what is too much by now; returns how many bytes were written so far."""
        found = os.fstat(self._descriptor)
        size = found.st_size
        if size > 2 * self._part:
            self._block = found.st_blksize
            first = self._kept or self._whole_blocks(self._part)
            tail = self._whole_blocks(size - self._part)
            if tail > first and self._punch(first, tail):
                self._kept = tail
        return size

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _whole_blocks(self, size: int) -> int:
        return size // self._block * self._block

    def _punch(self, start: int, end: int) -> bool:
        """False where it could not be done: then it is tried again, and is in vain where the file system cannot."""
        return not _fallocate(self._descriptor, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, start, end - start)
