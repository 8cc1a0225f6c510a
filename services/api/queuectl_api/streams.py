"""Streamed answers: a limit per token, and their end when the credentials end."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Depends, HTTPException, Request

from queuectl_api.access import Access, QueueAccess
from queuectl_api.authentication import identify
from queuectl_api.credentials import Credentials
from queuectl_api.heads import is_head
from queuectl_core.model.actor import ANYBODY
from queuectl_core.model.errors import NotSignedIn, QueueError

log = logging.getLogger("queuectl.api")

MOST_STREAMS = 500
"""The most streams of one token in one process."""

CHECK_SECONDS = 1.0


class TooManyStreams(HTTPException):
    """The token has MOST_STREAMS open already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            429,
            f"token '{name}' has {MOST_STREAMS} streams open already: close one of its events, logs or backups first",
            headers={"Retry-After": "1"},
        )


class Streams:
    """The open streams of this process, by token."""

    def __init__(self) -> None:
        self._open = Counter[str]()

    def begin(self, name: str) -> None:
        """Raises TooManyStreams."""
        if self._open[name] >= MOST_STREAMS:
            raise TooManyStreams(name)
        self._open[name] += 1

    def end(self, name: str) -> None:
        """A stream has ended."""
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


async def _held(request: Request, access: QueueAccess) -> AsyncIterator[None]:
    """While the answer is sent, which may wait for a client that does not read: see protocol.py."""
    token = await identify(request)
    if is_head(request):
        yield
        return
    name = token.name if token else ANYBODY
    streams: Streams = request.app.state.streams
    streams.begin(name)
    request.state.stream = True
    watch = asyncio.create_task(_watch(request, access)) if token else None
    try:
        yield
    finally:
        streams.end(name)
        if watch:
            watch.cancel()


STREAM = Depends(_held)
"""A dependency of an endpoint with a streamed answer."""


async def _watch(request: Request, access: Access) -> None:
    """Close the connection once the credentials are invalid, so that the answer does not look complete."""
    credentials: Credentials = request.state.credentials
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        with suppress(QueueError):  # a failed read proves nothing about the credentials
            try:
                await access.read(credentials.find)
            except NotSignedIn as reason:
                log.info("a stream was ended: %s", reason)
                request.scope["state"]["hang_up"]()
                return
