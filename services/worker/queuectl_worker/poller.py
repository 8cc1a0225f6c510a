"""Waiting for many descriptors at once; `selectors` takes several times as long."""

import select
from collections.abc import Callable


class Poller:
    """Calls a callback, with epoll's events, for each descriptor that is readable or at its end."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callable[[int], None]] = {}

    def register(self, descriptor: int, callback: Callable[[int], None]) -> None:
        """Watch a descriptor."""
        self._callbacks[descriptor] = callback
        self._epoll.register(descriptor, select.EPOLLIN)

    def unregister(self, descriptor: int) -> None:
        """Do this before closing it, since a new child may hold it as well. Nothing if it is not registered."""
        if self._callbacks.pop(descriptor, None):
            self._epoll.unregister(descriptor)

    def poll(self, seconds: float) -> None:
        """Wait for events, no longer than this."""
        for descriptor, events in self._epoll.poll(seconds):
            if callback := self._callbacks.get(descriptor):  # unless an earlier callback has unregistered it
                callback(events)
