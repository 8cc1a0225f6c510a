"""Bodies of requests: who may send one is decided first, then how much of it is read, and for how long."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api.authentication import actor, needed_role, verify
from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_api.problems import as_http
from queuectl_core.errors import QueueError

SMALL_BYTES = 4 << 10
"""Enough for a few short fields."""

SIGN_IN_SECONDS = 5.0
SILENT_SECONDS = 30.0
WHOLE_SECONDS = 120.0
"""For all of a body that is held in memory, so that it cannot come a byte at a time."""

VERIFY_SECONDS = 1.0
"""While a body comes in, for as long it is believed that its sender's credentials are still valid."""


class TooLarge(HTTPException):
    """The body is larger than this endpoint takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes: send less at once")


class TooManyValues(HTTPException):
    """The body holds more fields and items than any endpoint takes."""

    def __init__(self) -> None:
        super().__init__(413, f"the body holds more than {MOST_VALUES} fields and items: send less at once")


class UnsupportedContentType(HTTPException):
    """The body is of a kind that this endpoint does not take."""

    def __init__(self, given: str, allowed: str) -> None:
        super().__init__(415, f"the content type must be {allowed}, not {given[:100]!r}")


class TooSlow(HTTPException):
    """The body does not come."""

    def __init__(self) -> None:
        super().__init__(408, "the body did not come in time: send it again, without long pauses")


class BodyOf:
    """A dependency: the content type of the body, which is one of `kinds`.

    A form on a foreign page can send bodies of other kinds without asking. `most`: bytes, held in memory; None: the
    endpoint reads the body by pieces, and says how much it takes.
    """

    def __init__(self, *kinds: str, most: int | None) -> None:
        self._kinds = kinds
        self.most = most

    async def __call__(self, request: Request) -> str:
        """The content type. Raises UnsupportedContentType."""
        given = request.headers.get("content-type", "")
        found = given.split(";")[0].strip().lower()
        if found not in self._kinds:
            raise UnsupportedContentType(given, " or ".join(self._kinds))
        return found


def json_body(most: int = SMALL_BYTES) -> Any:
    """A dependency of an endpoint that takes JSON of up to `most` bytes and MOST_VALUES values."""
    return Depends(BodyOf("application/json", most=most))


class Body:
    """The body of one request; nothing of it is read before it is asked for."""

    def __init__(self, request: Request, receive: Receive) -> None:
        self._request = request
        self._receive = receive
        self._limit: int | None = SMALL_BYTES
        self._held = True
        self._until = self._now() + WHOLE_SECONDS
        self._begun = False
        self._verify_at = self._now() + VERIFY_SECONDS
        self._read = 0
        self._more = True

    def hold(self, limit: int) -> None:
        """Take up to that many bytes of JSON, held in memory."""
        self._limit = limit

    def stream(self, limit: int | None) -> None:
        """Take up to that many bytes, None: any number, however long it takes: from a caller that reads by pieces."""
        self._limit, self._held = limit, False
        self._until = float("inf")

    async def receive(self) -> Message:
        """ASGI's receive. Raises what `_admit` and `_verify` raise, TooLarge, TooSlow, TooManyValues."""
        if not self._more:
            return await self._receive()  # the end of the connection
        if not self._begun:
            self._begun = True
            await self._begin()
        return await self._whole() if self._held else await self._next()

    async def _begin(self) -> None:
        """Refuse a body that is not wanted before a byte of it is read."""
        with _as_http():
            await self._admit()
        announced = int(self._request.headers.get("content-length", 0))
        if self._limit is not None and announced > self._limit:
            raise TooLarge(self._limit)

    async def _admit(self) -> None:
        """Raises NotSignedIn, TooManyGuesses, NotAllowed, UnsupportedContentType."""
        route = self._request.scope.get("route")
        if not isinstance(route, APIRoute):  # the page reads no body, and ShortCut has admitted its caller
            return
        role = needed_role(route.dependant)
        if role is None:  # who signs in is not signed in yet
            self._until = self._now() + SIGN_IN_SECONDS
        else:
            await actor(self._request, role)
        for part in route.dependant.dependencies:
            if isinstance(part.call, BodyOf):
                await part.call(self._request)
                if part.call.most is not None:
                    self.hold(part.call.most)

    async def _whole(self) -> Message:
        """All of it, as one message. It is counted before anybody parses it."""
        pieces = []
        while self._more:
            message = await self._next()
            if message["type"] != "http.request":
                return message
            pieces.append(message.get("body", b""))
        body = b"".join(pieces)
        if b"\0" in body:  # UTF-16, which would be parsed as well, but not counted
            raise HTTPException(422, "body: is not valid JSON in UTF-8")
        if too_many(body):
            raise TooManyValues
        return {"type": "http.request", "body": body, "more_body": False}

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout_at(min(self._until, self._now() + SILENT_SECONDS)):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow from None
        self._count(len(message.get("body", b"")))
        await self._verify()
        self._more = message.get("more_body", False)
        return message

    async def _verify(self) -> None:
        """Look from time to time, and when the body is whole, whether its sender's credentials are still valid."""
        if self._now() >= self._verify_at and hasattr(self._request.state, "credentials"):
            with _as_http():
                await verify(self._request)
            self._verify_at = self._now() + VERIFY_SECONDS

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _count(self, size: int) -> None:
        self._read += size
        if self._limit is not None and self._read > self._limit:
            raise TooLarge(self._limit)


@contextmanager
def _as_http() -> Iterator[None]:
    """Raise what the queue refuses as what the framework lets through."""
    try:
        yield
    except QueueError as fault:
        raise as_http(fault) from fault


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
