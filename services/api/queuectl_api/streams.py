"""Answers that go on and on: how many one caller may have open, and that they end with what they were signed by."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Depends, HTTPException, Request

from queuectl_api.access import Access, Queue
from queuectl_api.authentication import identify
from queuectl_api.credentials import Credentials
from queuectl_core.caller import ANYBODY
from queuectl_core.errors import NotSignedIn, QueueError

log = logging.getLogger("queuectl.api")

MOST_STREAMS = 50
"""Of one token, in one process."""

LOOK_SECONDS = 1.0


class TooManyStreams(HTTPException):
    """The caller has that many open already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            429,
            f"token '{name}' has {MOST_STREAMS} streams open already: close one of its events, logs or backups first",
            headers={"Retry-After": "1"},
        )


class Streams:
    """Those that this process has open, by token."""

    def __init__(self) -> None:
        self._open = Counter[str]()

    def begin(self, name: str) -> None:
        """Raises TooManyStreams."""
        if self._open[name] >= MOST_STREAMS:
            raise TooManyStreams(name)
        self._open[name] += 1

    def end(self, name: str) -> None:
        """One is over."""
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


async def _held(request: Request, queue: Queue) -> AsyncIterator[None]:
    """For as long as the answer is sent, which may wait for a client that does not read: see protocol.py."""
    token = await identify(request)
    name = token.name if token else ANYBODY
    streams: Streams = request.app.state.streams
    streams.begin(name)
    request.state.stream = True
    watch = asyncio.create_task(_watch(request, queue)) if token else None
    try:
        yield
    finally:
        streams.end(name)
        if watch:
            watch.cancel()


STREAM = Depends(_held)
"""Among the dependencies of an endpoint whose answer is a stream."""


async def _watch(request: Request, queue: Access) -> None:
    """Hang up once the credentials are good no more: what ends in the middle looks like no end."""
    credentials: Credentials = request.state.credentials
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        with suppress(QueueError):  # a database that cannot be read just now says nothing of anybody
            try:
                await queue.read(credentials.find)
            except NotSignedIn as reason:
                log.info("a stream was ended: %s", reason)
                request.scope["state"]["hang_up"]()
                return
