"""Time series: histogram buckets, percentiles and charts."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

FINEST = 10
"""The finest resolution, in seconds."""

SPANS = {"5m": (30, 10), "1h": (120, 30), "6h": (72, 300), "24h": (96, 900), "7d": (84, 7200), "30d": (120, 21_600)}
"""The time spans of charts → number of points, and seconds per point."""

SHORTEST = 0.001
LONGEST = 30 * 86_400
GROWTH = 1.2


def histogram_step(seconds: float) -> int:
    """The histogram step of a duration: 0 below SHORTEST, then each step is GROWTH times as long as the one before.

    The last step includes everything longer than LONGEST.
    """
    if seconds < SHORTEST:
        return 0
    return 1 + math.floor(math.log(min(seconds, LONGEST) / SHORTEST, GROWTH))


def histogram_seconds(step: int) -> float:
    """The duration that represents a step; between SHORTEST and LONGEST its error is below 10 % (√GROWTH)."""
    return SHORTEST * math.pow(GROWTH, step - 0.5)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of durations, in seconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, histogram: Mapping[int, int]) -> Self | None:
        """From a histogram, step → count; None if it is empty."""
        total = sum(histogram.values())
        return cls(*(_percentile(histogram, total * share) for share in (0.5, 0.95, 0.99))) if total else None


def _percentile(histogram: Mapping[int, int], rank: float) -> float:
    seen, step = 0, 0
    for step in sorted(histogram):
        seen += histogram[step]
        if seen >= rank:
            break
    return histogram_seconds(step)


@dataclass(frozen=True, slots=True)
class Point:
    """The time step that begins at `at`. `waiting`: how many jobs were pending or failed at its end."""

    at: int
    enqueued: int
    completed: int
    failed: int
    dead: int
    cancelled: int
    waiting: int
    wait: Percentiles | None
    run: Percentiles | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Points of `step` seconds each, oldest first, the last one incomplete; and percentiles over all of them."""

    step: int
    points: list[Point]
    wait: Percentiles | None
    run: Percentiles | None

    @classmethod
    def of(cls, step: int, numbers: dict[int, Counter[str]], waiting: int) -> Self:
        """From the counts of each point, oldest first, and the number of jobs waiting now."""
        depths = []
        for at in reversed(numbers):
            depths.append(max(0, waiting))  # negative if the wall clock was set, so that changes count in another point
            waiting -= numbers[at]["waiting"]
        points = [_point(at, numbers[at], depth) for at, depth in zip(numbers, reversed(depths), strict=True)]
        total: Counter[str] = Counter()
        for counted in numbers.values():
            total.update(counted)
        return cls(step, points, _percentiles(total, "wait"), _percentiles(total, "run"))


def _point(at: int, counted: Counter[str], waiting: int) -> Point:
    flows = {name: counted[name] for name in ("enqueued", "completed", "failed", "dead", "cancelled")}
    return Point(at=at, **flows, waiting=waiting, wait=_percentiles(counted, "wait"), run=_percentiles(counted, "run"))


def _percentiles(counted: Counter[str], histogram: str) -> Percentiles | None:
    steps = {}
    for measure, number in counted.items():
        name, _, step = measure.partition(":")
        if name == histogram:
            steps[int(step)] = number
    return Percentiles.of(steps)
