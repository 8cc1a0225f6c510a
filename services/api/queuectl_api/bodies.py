"""Bodies of requests: authorization first, then limits on size and time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api.authentication import authorize, needed_role, verify
from queuectl_api.content_type import SMALL_BYTES, body_of
from queuectl_api.json_values import MOST_VALUES, too_many
from queuectl_api.problems import as_http
from queuectl_api.strict import has_body
from queuectl_core.model.errors import QueueError

SIGN_IN_SECONDS = 5.0
SILENT_SECONDS = 30.0
WHOLE_SECONDS = 120.0
"""For all of a body that is held in memory, so that it cannot arrive byte by byte."""

VERIFY_SECONDS = 1.0
"""How often the credentials are verified again while a body arrives."""


class Encoded(HTTPException):
    """The body is compressed: its real size would be known too late."""

    def __init__(self, coding: str) -> None:
        super().__init__(
            415,
            f"the content encoding must be identity, not {coding[:100]!r}: send the body as it is",
            headers={"Accept-Encoding": "identity"},
        )


class TooLarge(HTTPException):
    """The body is larger than this endpoint takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes: send less at once")


class TooManyValues(HTTPException):
    """The body has more fields and items than any endpoint takes."""

    def __init__(self) -> None:
        super().__init__(413, f"the body holds more than {MOST_VALUES} fields and items: send less at once")


class TooSlow(HTTPException):
    """The body does not arrive in time."""

    def __init__(self) -> None:
        super().__init__(408, "the body did not come in time: send it again, without long pauses")


class Body:
    """The body of one request; nothing is read before the endpoint asks for it."""

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
        """Take up to that many bytes (None: any number), without a time limit on the whole, for piecewise reading."""
        self._limit, self._held = limit, False
        self._until = float("inf")

    async def receive(self) -> Message:
        """ASGI's receive. Raises what `_admit` and `_verify` raise, Encoded, TooLarge, TooSlow, TooManyValues."""
        if not self._more:
            return await self._receive()  # a disconnect
        if not self._begun:
            self._begun = True
            await self._begin()
        return await self._whole() if self._held else await self._next()

    async def _begin(self) -> None:
        """Refuse an unwanted body before a byte of it is read."""
        with _as_http():
            await self._admit()
        coding = self._request.headers.get("content-encoding", "")
        if coding.strip().lower() not in ("", "identity") and has_body(self._request):
            raise Encoded(coding)
        announced = int(self._request.headers.get("content-length", 0))
        if self._limit is not None and announced > self._limit:
            raise TooLarge(self._limit)

    async def _admit(self) -> None:
        """Raises NotSignedIn, TooManyGuesses, NotAllowed, UnsupportedContentType."""
        route = self._request.scope.get("route")
        if not isinstance(route, APIRoute):  # the page reads no body, and FastEnqueue has authorized its actor
            return
        role = needed_role(route.dependant)
        if role is None:  # it signs in
            self._until = self._now() + SIGN_IN_SECONDS
        else:
            await authorize(self._request, role)
        if body := body_of(route.dependant):
            await body(self._request)
            if body.most is not None:
                self.hold(body.most)

    async def _whole(self) -> Message:
        """All of it, as one message; its values are counted before it is parsed."""
        pieces = []
        while self._more:
            message = await self._next()
            if message["type"] != "http.request":
                return message
            pieces.append(message.get("body", b""))
        body = b"".join(pieces)
        if b"\0" in body:  # UTF-16 would be parsed, but not counted
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
        """Verify the credentials again every VERIFY_SECONDS."""
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
    """Raise a QueueError as an HTTPException, which FastAPI lets through."""
    try:
        yield
    except QueueError as fault:
        raise as_http(fault) from fault


class Bodies:
    """ASGI: reads each body through a Body, at `request.state.body`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            request = Request(scope)
            body = request.state.body = Body(request, receive)
            receive = body.receive
        await self._app(scope, receive, send)
