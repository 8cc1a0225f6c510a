"""The change buffer: the changes of a transaction, collected in memory and written once, just before the commit."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from queuectl_core.model.counters import FLOWS, bucket
from queuectl_core.model.event import DELETED, EventType
from queuectl_core.model.series import histogram_step
from queuectl_core.model.state import TRANSITIONS, WAITING, State, Verb
from queuectl_core.store.transitions import Change

Count: TypeAlias = tuple[str, str]
"""A queue and a measure, or a queue and a state."""

Counts: TypeAlias = Mapping[Count, int]

Move: TypeAlias = tuple[Verb, str, State | None, str, State | None]
"""Moves that count alike: the verb, the queue and state before, the queue and state after."""

Row: TypeAlias = tuple[Any, ...]
Mark: TypeAlias = tuple[Counter[Move], Counter[Count], Counter[Count], defaultdict[Count, float], list[Row], int]


_JOB = EventType.JOB.value


class ChangeBuffer:
    """One per connection. A transaction that reports many attempts writes each count only once.

    `moves`: jobs per transition. `tally`: change in the number of jobs by (queue, state). `series`: increments by
    (queue, measure). `durations`: increments of duration counters. `events`: rows of `event`.
    """

    def __init__(self) -> None:
        self.moves: Counter[Move] = Counter()
        self.tally: Counter[Count] = Counter()
        self.series: Counter[Count] = Counter()
        self.durations: defaultdict[Count, float] = defaultdict(float)
        self.events: list[Row] = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.moves or self.tally or self.series or self.events)

    def moved(self, changes: Sequence[Change]) -> None:
        """Collect transitions."""
        for verb, _, job_id, queue, source, target, attempts, cancelling, waited, ran, old_queue in changes:
            self.moves[verb, old_queue or queue, source, queue, target] += 1
            if waited is not None:
                self._measure(queue, "wait", waited)
            if ran is not None:
                self._measure(queue, "run", ran)
            self.events.append((_JOB, job_id, queue, target.value if target else DELETED, attempts, cancelling))

    def _measure(self, queue: str, name: str, seconds: float) -> None:
        self.series[queue, f"{name}:{histogram_step(seconds)}"] += 1
        self._add_duration(queue, name, seconds)

    def _add_duration(self, queue: str, name: str, seconds: float) -> None:
        """Count one of DURATIONS; it can be negative if the clock was set."""
        seconds = max(0.0, seconds)
        self.durations[queue, f"{name}:{bucket(seconds)}"] += 1
        self.durations[queue, f"{name}:seconds"] += seconds

    @property
    def wakes_workers(self) -> bool:
        """Whether workers may have something new to do."""
        return bool(self.tally) or any(
            TRANSITIONS[verb, source, target].wakes_workers for verb, _, source, _, target in self.moves
        )

    def settle(self) -> None:
        """Count the moves: afterwards `tally`, `series` and `counters` are complete."""
        for move, number in self.moves.items():
            self._count(move, number)
        self.moves.clear()
        for (queue, state), number in self.tally.items():
            if state in WAITING:
                self.series[queue, "waiting"] += number

    def _count(self, move: Move, number: int) -> None:
        verb, old_queue, source, queue, target = move
        if (old_queue, source) == (queue, target):
            return
        if source:
            self.tally[old_queue, source.value] -= number
        if target:
            self.tally[queue, target.value] += number
        for measure in TRANSITIONS[verb, source, target].counted:
            self.series[queue, measure] += number

    @property
    def counters(self) -> dict[Count, float]:
        """Increments of monitoring counters by (queue, measure)."""
        return {count: number for count, number in self.series.items() if count[1] in FLOWS} | self.durations

    def mark(self) -> Mark:
        """A copy of the current state, for `undo`."""
        return (
            self.moves.copy(),
            self.tally.copy(),
            self.series.copy(),
            self.durations.copy(),
            self.events,
            len(self.events),
        )

    def undo(self, mark: Mark) -> None:
        """Return to the marked state."""
        self.moves, self.tally, self.series, self.durations, self.events, number = mark
        del self.events[number:]

    def clear(self) -> None:
        """Empty the buffer after writing it."""
        self.moves.clear()
        self.tally.clear()
        self.series.clear()
        self.durations.clear()
        self.events = []  # a mark may still refer to the old list
