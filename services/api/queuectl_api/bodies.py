"""Bodies of requests: nothing of a stranger's is read, and of nobody's more than is allowed, or for longer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api.authentication import identify, verify
from queuectl_api.problems import as_http
from queuectl_core.errors import QueueError

ORDINARY_BYTES = 8 << 20
SIGN_IN_BYTES = 4 << 10
SIGN_IN_SECONDS = 5.0
SILENT_SECONDS = 30.0
WHOLE_SECONDS = 120.0
"""For all of a body that is held in memory, so that it cannot come a byte at a time."""

VERIFY_SECONDS = 1.0
"""While a body comes in, for as long it is believed that its sender's credentials are still valid."""

SIGN_IN = "/api/session"
"""Whoever sends a body there has not signed in yet."""


class TooLarge(HTTPException):
    """The body is larger than this endpoint takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes: send less at once")


class UnsupportedContentType(HTTPException):
    """The body is of a kind that this endpoint does not take."""

    def __init__(self, given: str, allowed: str) -> None:
        super().__init__(415, f"the content type must be {allowed}, not {given[:100]!r}")


class TooSlow(HTTPException):
    """The body does not come."""

    def __init__(self) -> None:
        super().__init__(408, "the body did not come in time: send it again, without long pauses")


class Body:
    """The body of one request; nothing of it is read before it is asked for."""

    def __init__(self, request: Request, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._limit: int | None
        if _signs_in(request):
            self._limit, seconds = SIGN_IN_BYTES, SIGN_IN_SECONDS
        else:
            self._limit, seconds = ORDINARY_BYTES, WHOLE_SECONDS
        self._until = asyncio.get_running_loop().time() + seconds
        self._verify_at = float("inf")
        self._read = 0
        self._more = True

    def allow(self, limit: int | None) -> None:
        """Take up to that many bytes, None: any number, however long it takes: from whoever reads them by pieces."""
        self._limit = limit
        self._until = float("inf")

    async def receive(self) -> Message:
        """ASGI's receive. Raises TooLarge, TooSlow, and what `identify` raises, also while the body comes in."""
        if not self._more:
            return await self._receive()  # the end of the connection
        if not self._read:
            await self._begin()
        try:
            async with asyncio.timeout_at(min(self._until, asyncio.get_running_loop().time() + SILENT_SECONDS)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow from None
        self._count(len(message.get("body", b"")))
        if asyncio.get_running_loop().time() >= self._verify_at:
            await self._asking(verify)
        self._more = message.get("more_body", False)
        return message

    async def _begin(self) -> None:
        headers = self._request.headers
        announced = int(headers.get("content-length", 0))
        if not _signs_in(self._request) and (announced or "transfer-encoding" in headers):
            await self._asking(identify)
        if self._limit is not None and announced > self._limit:
            raise TooLarge(self._limit)

    async def _asking(self, who: Callable[[Request], Awaitable[object]]) -> None:
        """Have `identify` or `verify` look the credentials up."""
        try:
            await who(self._request)
        except QueueError as fault:
            raise as_http(fault) from fault
        self._verify_at = asyncio.get_running_loop().time() + VERIFY_SECONDS

    def _count(self, size: int) -> None:
        self._read += size
        if self._limit is not None and self._read > self._limit:
            raise TooLarge(self._limit)


def _signs_in(request: Request) -> bool:
    return bool(request.scope["path"] == SIGN_IN)


def body_of(*kinds: str) -> Any:
    """A dependency: the content type of the body, which is one of these. A stranger hears first that they are one.

    A form on a foreign page can send bodies of other kinds without asking. Raises UnsupportedContentType, and what
    `identify` raises.
    """

    async def kind(request: Request) -> str:
        if not _signs_in(request):
            await identify(request)
        given = request.headers.get("content-type", "")
        found = given.split(";")[0].strip().lower()
        if found not in kinds:
            raise UnsupportedContentType(given, " or ".join(kinds))
        return found

    return Depends(kind)


JSON_BODY = body_of("application/json")


class Bodies:
    """ASGI: has the body of each request read through a Body, which is at `request.state.body`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            request = Request(scope)
            body = request.state.body = Body(request, receive)
            receive = body.receive
        await self._app(scope, receive, send)
