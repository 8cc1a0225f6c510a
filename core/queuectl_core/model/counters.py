"""Monitoring counters by queue. Unlike series and jobs, they never expire."""

from bisect import bisect_left

MOST_QUEUES = 100
"""Queues with counters of their own. Further queues are counted together as OTHER, which bounds the table's size."""

OTHER = "(other)"
"""Used instead of a queue's name; not a valid queue name itself."""

FLOWS = ("enqueued", "completed", "failed", "dead", "cancelled", "retried")
"""The same as in the series. `retried`: returned to pending by a user."""

DURATIONS = ("wait", "run")
"""The time from a job's due time to its start; the time from an attempt's start to its end."""

BOUNDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
"""Upper bounds of the duration buckets, in seconds; one more bucket holds everything longer."""

MEASURES = (
    *FLOWS,
    *(f"{duration}:{bucket}" for duration in DURATIONS for bucket in (*range(len(BOUNDS) + 1), "seconds")),
)
"""All counters of a queue: flows, durations per bucket, and the sums of durations."""


def bucket(seconds: float) -> int:
    """The index of a duration's bucket."""
    return bisect_left(BOUNDS, seconds)
