"""The change log: job counts, series, counters and events, updated with every change."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from queuectl_core.model.event import EventType
from queuectl_core.store.transitions import Change

Counts: TypeAlias = Mapping[tuple[str, str], int]


class ChangeLog(Protocol):
    """Observes transitions, and writes before the commit of the same transaction."""

    def moved(self, changes: Sequence[Change]) -> None:
        """See Observer."""
        ...

    def count(self, counts: Counts, happened: Counts) -> None:
        """Add to the job counts, by (queue, state), and to the series, by (queue, measure)."""
        ...

    def tell(self, type: EventType, subject: str, change: str) -> None:
        """Add an event that does not concern a single job."""
        ...

    def forget(self, queue: str) -> None:
        """Remove the job counts and counters of a deleted queue."""
        ...

    def flush(self) -> None:
        """Write buffered changes; required before reading job counts in the same transaction."""
        ...
