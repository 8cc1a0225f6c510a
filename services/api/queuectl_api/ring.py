"""Wakes everything in this process that waits for news of the queue."""

import asyncio
from pathlib import Path

from queuectl_core.sqlite.bell import Listener


class Ring:
    """One listener to the bell, shared by all live views of the process; it sleeps while nobody waits."""

    def __init__(self, database: Path) -> None:
        self._listener = Listener(database, everything=True)
        self._next: asyncio.Event | None = None

    def next(self) -> asyncio.Event:
        """Set when the bell rings after this call: to be taken before looking, so that nothing is missed."""
        if self._next is None:
            self._next = asyncio.Event()
            self._listener.clear()
            asyncio.get_running_loop().add_reader(self._listener.fileno(), self._rung)
        return self._next

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        self._listener.close()

    def _rung(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        if self._next is not None:
            self._next.set()
            self._next = None
