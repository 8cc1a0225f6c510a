"""What a test of the store needs of a database beyond the verbs."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import pytest

from queuectl_core.store.store import Store

SeriesRow: TypeAlias = tuple[int, str, str, int]
"""When, in seconds since the epoch; queue, measure, number."""


class OpenStore(Protocol):
    """Opens another store on the same queue, as another process would; it is closed after the test."""

    def __call__(self, *, busy_seconds: float | None = None) -> Store:
        """`busy_seconds`: how long to wait for the writes of others; None: long."""
        ...


class Backend(Protocol):
    """One queue in a database. A second database is supported once it has one of these."""

    url: str

    large_batch: int
    """A batch of this many jobs is told in one event."""

    def open_store(self, *, busy_seconds: float | None = None) -> Store:
        """See OpenStore."""
        ...

    def close(self) -> None:
        """Close all stores that were opened here."""
        ...

    def let_leases_expire(self, worker: str) -> None:
        """Its last heartbeat was longer ago than its leases last."""
        ...

    def set_wall_clock(self, seconds: float) -> None:
        """Make it look as if somebody has set the wall clock by that much since the queue was last used."""
        ...

    def shift_jobs(self, seconds: float) -> None:
        """Every job was enqueued, is due and started that much later."""
        ...

    def make_due(self) -> None:
        """Treat every waiting job as due, whatever its time."""
        ...

    def count(self, table: str) -> int:
        """How many rows a table has."""
        ...

    def series(self) -> list[SeriesRow]:
        """All rows of the series of charts."""
        ...

    def add_to_series(self, rows: Iterable[SeriesRow]) -> None:
        """Count more."""
        ...

    def move_series(self, since: int, at: int) -> None:
        """Whatever was counted from `since` on was counted at `at`."""
        ...

    def set_waiting(self, queue: str, jobs: int) -> None:
        """Set the kept count of a queue's pending jobs."""
        ...

    def name_at_most(self, queues: int, patch: pytest.MonkeyPatch) -> None:
        """Count no more than this many queues under their own names."""
        ...


MakeBackend: TypeAlias = Callable[[], Backend]
"""Makes another empty queue."""
