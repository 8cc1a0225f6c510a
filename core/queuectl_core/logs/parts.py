"""The parts of an output that were kept, with gaps between them: its size, and where its last lines begin."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from queuectl_core.logs.piece import gap

CHUNK = 65_536
"""Bytes read at once."""

TAIL_BYTES = 64 << 20
"""Bytes at the end of an output in which its last lines are searched."""

Part: TypeAlias = tuple[int, int]
"""Start and end, as positions in everything that was printed."""

ReadAt: TypeAlias = Callable[[int, int], bytes]
"""Returns the bytes from one position to another; none if they were overwritten meanwhile."""


def size(parts: Sequence[Part]) -> int:
    """Bytes that a reader gets, including the notices of gaps."""
    total = end_before = 0
    for start, end in parts:
        total += len(gap(end_before, start).content) + end - start
        end_before = end
    return total


def tail_offset(parts: Sequence[Part], read_at: ReadAt, lines: int) -> int:
    """The position at which the last `lines` lines begin."""
    end = parts[-1][1] if parts else 0
    if lines <= 0 or not end:
        return end
    wanted = lines + (read_at(end - 1, end) == b"\n")
    floor = end - TAIL_BYTES
    for (start, stop), (_, stop_before) in zip(reversed(parts), [*reversed(parts[:-1]), (0, 0)], strict=True):
        position, wanted = _search_back(read_at, max(start, floor), stop, wanted)
        if not wanted or start <= floor:
            return position
        if start > stop_before:  # the notice of the gap is a line of its own, between two newlines
            if wanted == 1:
                return start
            wanted -= 2
            if not wanted:
                return stop_before
    return 0


def _search_back(read_at: ReadAt, start: int, end: int, wanted: int) -> tuple[int, int]:
    """Search newlines from `end` back to `start`.

    Returns the position after the `wanted`th newline and 0, or `start` and the number of newlines still wanted.
    """
    while end > start:
        position = max(start, end - CHUNK)
        chunk = read_at(position, end)
        found = chunk.count(b"\n")
        if found >= wanted:
            cut = len(chunk)
            for _ in range(wanted):
                cut = chunk.rindex(b"\n", 0, cut)
            return position + cut + 1, 0
        wanted -= found
        end = position
    return start, wanted
