"""What a transaction has counted so far and will tell of: written down once, just before its commit."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

from queuectl_core.state import State

Move: TypeAlias = tuple[str, State | None, str, State | None]
Count: TypeAlias = tuple[str, str]
Counts: TypeAlias = Mapping[Count, int]


class Pending:
    """Of one connection. A worker reports many ends in one transaction, which then changes each count once.

    `moves`: (queue before, state before, queue, state) → how many jobs; `tally`: (queue, state) → how many more jobs;
    `series`: (queue, measure) → how many more; `events`: rows of `event`.
    """

    def __init__(self) -> None:
        self.moves: Counter[Move] = Counter()
        self.tally: Counter[Count] = Counter()
        self.series: Counter[Count] = Counter()
        self.events: list[tuple[Any, ...]] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write down."""
        return not (self.moves or self.tally or self.series or self.events)

    def mark(self) -> tuple[Counter[Move], Counter[Count], Counter[Count], int]:
        """What `undo` goes back to."""
        return self.moves.copy(), self.tally.copy(), self.series.copy(), len(self.events)

    def undo(self, mark: tuple[Counter[Move], Counter[Count], Counter[Count], int]) -> None:
        """Forget what came after the mark."""
        self.moves, self.tally, self.series, events = mark
        del self.events[events:]

    def clear(self) -> None:
        """It is written down."""
        self.moves.clear()
        self.tally.clear()
        self.series.clear()
        self.events.clear()
