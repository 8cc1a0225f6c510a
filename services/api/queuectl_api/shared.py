"""Numbers in memory that all processes of the API share, so that each of them can answer for all."""

import mmap
import os
from pathlib import Path

CELLS = 8192
"""Numbers per process."""

PID = 0
"""The cell with the process' own id."""


class Shared:
    """Each process adds to a part of its own, of CELLS numbers, without locks.

    It is created before the processes are forked. A process that replaces another continues in its part, so no number
    decreases when a process ends. The memory has no file: on a full disk, writing to one would kill the process.
    """

    def __init__(self, parts: int = 1) -> None:
        self.parent = os.getpid()
        self._parts = parts
        self._own = 0
        self._memory = memoryview(mmap.mmap(-1, parts * CELLS * 8)).cast("d")

    def take(self, part: int) -> None:
        """Choose the part of the next process. If there are more processes than expected, some share a part."""
        self._own = part % self._parts

    def begin(self) -> None:
        """Register the current process."""
        self._memory[self._own * CELLS + PID] = os.getpid()

    def add(self, cell: int, number: float) -> None:
        """Add to a number of this process."""
        self._memory[self._own * CELLS + cell] += number

    def sums(self) -> list[float]:
        """The sum over all processes, for each cell."""
        parts = (self._memory[first : first + CELLS] for first in range(0, len(self._memory), CELLS))
        return list(map(sum, zip(*parts, strict=True)))

    def pids(self) -> list[int]:
        """The ids of the live processes and of their parent."""
        begun = {int(self._memory[part * CELLS + PID]) for part in range(self._parts)}
        return [pid for pid in sorted({self.parent, *begun}) if pid and Path(f"/proc/{pid}").exists()]
