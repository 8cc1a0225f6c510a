"""A clock for the times of unique keys that is set forward by hand. Workers keep following the real one."""

import time

from queuectl_core.store.store import Store


class KeyClock:
    """Shows `time` to the stores that `show` it."""

    def __init__(self) -> None:
        self.time = time.time()

    def show(self, store: Store) -> None:
        """Let keys be held by this clock, and batches begin by it."""
        store._enqueue._clock = store.actions._clock = store._driver.clock = self  # type: ignore[misc]

    def now(self) -> float:
        return self.time
