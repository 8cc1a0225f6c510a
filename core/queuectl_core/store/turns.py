"""Turns: in what order the queues give jobs of equal priority."""

import random
from collections.abc import Iterable


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

    def given(self, queues: Iterable[str]) -> None:
        """The queues of the jobs that were taken, in that order."""
        for queue in queues:
            if queue in self._line:
                del self._line[queue]
                self._line[queue] = None
