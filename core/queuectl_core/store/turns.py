"""Turns: in what order the queues give jobs of equal priority."""

import heapq
import random
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

Row: TypeAlias = tuple[Any, ...]
"""A due job: its rank, which is its negative priority; its place in the line; the text of its lock or None; more."""


class Turns:
    """A line of queues, kept by each claimer for itself: the queue that gives a job goes to its end.

    So the queues share any number of workers evenly, nothing is written, and before a queue gives its next job, each
    other one gives at most one. A new queue joins at the end; queues that are new at the same time do so in random
    order, so that workers that start together do not all begin with the same one.
    """

    def __init__(self) -> None:
        self._line: dict[str, None] = {}

    def order(self, queues: Iterable[str]) -> list[str]:
        """The queues, each once: first the one whose turn it is."""
        present = dict.fromkeys(queues)
        if len(present) < 2:
            return [*present]
        known = [queue for queue in self._line if queue in present]
        new = [queue for queue in present if queue not in self._line]
        self._line = dict.fromkeys(known + random.sample(new, len(new)))
        return [*self._line]

    def given(self, queue: str) -> None:
        """A job of that queue was taken."""
        if queue in self._line:
            del self._line[queue]
            self._line[queue] = None


def by_turn(lines: Iterable[Sequence[Row]]) -> list[Row]:
    """The rows of several lines as one: the first rank first; of equal rank one of each line, then the next of each."""
    placed = [
        ((rank, nth), row)
        for line in lines
        for rank, equal in groupby(line, itemgetter(0))
        for nth, row in enumerate(equal)
    ]
    return [row for _, row in sorted(placed, key=itemgetter(0))]


def first_come(*lines: Sequence[Row]) -> list[Row]:
    """The rows of several lines as one: whichever line begins with the first rank, then with the first place."""
    return [*heapq.merge(*lines, key=itemgetter(0, 1))]
