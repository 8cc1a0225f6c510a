"""The client's address of a request. A forwarded address counts only if it comes from a trusted proxy."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

LOOK_AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 1.0


def address(request: HTTPConnection) -> str:
    """The client's address, as far as it is known."""
    host = request.client.host if request.client else "unknown"
    return _plain(host) or host  # a socket on [::] reports IPv4 addresses as IPv6


class Proxies:
    """ASGI: if the peer is a proxy with one of `names`, client and scheme are those that it forwards.

    X-Forwarded-… headers of other peers are ignored: anybody can send them.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = names
        self._addresses: frozenset[str] = frozenset()
        self._looking: asyncio.Task[None] | None = None
        self._look_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and self._names and scope["client"]:
            peer = _plain(scope["client"][0])
            if peer and await self._is_proxy(peer):
                _take_forwarded(scope)
        await self._app(scope, receive, send)

    async def _is_proxy(self, peer: str) -> bool:
        """Whether the peer is one. An unknown peer may be a restarted proxy with a new address: look the names up."""
        now = asyncio.get_running_loop().time()
        if peer not in self._addresses and now >= self._look_at:
            self._look_at = now + LOOK_AGAIN_SECONDS
            self._looking = asyncio.create_task(self._look_up())
        if peer not in self._addresses and self._looking:
            await asyncio.wait([self._looking], timeout=PATIENCE_SECONDS)
        return peer in self._addresses

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        found = set()
        for name in self._names:
            try:
                found |= {_plain(info[4][0]) for info in await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
            except OSError:  # it is not running now
                continue
        self._addresses = frozenset(filter(None, found))


def _take_forwarded(scope: Scope) -> None:
    headers = Headers(scope=scope)
    # The proxy itself has appended the last one; the others came with the request.
    client = _plain(",".join(headers.getlist("x-forwarded-for")).rpartition(",")[2].strip())
    if client:
        scope["client"] = (client, 0)
    scheme = headers.get("x-forwarded-proto")
    if scheme in ("http", "https"):
        scope["scheme"] = scheme


def _plain(text: str | int) -> str | None:
    """An address in its canonical form; None if it is not an address."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)
