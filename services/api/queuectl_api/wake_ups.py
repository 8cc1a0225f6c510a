"""Wakes everything in this process that waits for changes in the queue."""

import asyncio

from queuectl_core.store.notifier import Listener


class WakeUps:
    """One listener, shared by all streams of the process; it is idle while none waits."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._next: asyncio.Event | None = None

    def next(self) -> asyncio.Event:
        """Set by the next notification. Get it before reading, so that no change is missed."""
        if self._next is None:
            self._next = asyncio.Event()
            self._listener.clear()
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._notified)
        return self._next

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        self._listener.close()

    def _notified(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        if self._next is not None:
            self._next.set()
            self._next = None
