"""Claiming jobs."""

from collections.abc import Sequence
from typing import Protocol

from queuectl_core.model.attempt import Claim


class Claims(Protocol):
    """Lets many workers claim jobs concurrently, each job only once."""

    def claim(self, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
        """Lease up to `limit` due jobs: higher priority first, over all queues. Those of equal priority take turns.

        See Turns. Within a queue and a priority: first come, first served. `queues`: only from these; empty: from all.
        Respects paused queues, concurrency limits and draining workers.
        Raises WorkerNotFound if the worker is not registered: a lease without a heartbeat would never expire.
        """
        ...

    def next_due(self) -> float | None:
        """When the next delayed job is due, in seconds since the epoch; None if there is none."""
        ...
