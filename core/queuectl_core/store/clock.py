"""The clock for delays and backoffs."""

from typing import Protocol


class Clock(Protocol):
    """If the wall clock is set, due times that result from a duration move with it; absolute ones (`run_at`) do not."""

    def now(self) -> float:
        """Seconds since the epoch. Call it inside a transaction, because others may move due times after it."""
        ...
