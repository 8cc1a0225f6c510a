"""Monitoring counters."""

from typing import Protocol


class Counters(Protocol):
    """Counters by queue; queues beyond MOST_QUEUES are counted together as OTHER. Counters never decrease."""

    def all(self) -> dict[str, dict[str, float]]:
        """All counters: queue or OTHER → measure → number."""
        ...
