"""Compression of answers."""

import re

from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1024
LEVEL = 4
AS_THEY_ARE = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "text/plain", "application/x-tar")
"""Media types that are not compressed: of streams, which must not be buffered, and of backups."""

_REFUSED = re.compile(rb"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


class Compressed:
    """ASGI: compresses answers to GET (JSON and the page) if the client accepts gzip.

    Answers to POST are not compressed: there, a secret (a new token, a sign-in link) is next to text from the request,
    and the compressed length would reveal what both have in common (BREACH). No answer to GET has such a secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, LEAST_BYTES, LEVEL, exclude_content_types=AS_THEY_ARE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            scope["headers"] = _without_refused(scope["headers"])
            await self._compressing(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _without_refused(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without `gzip;q=0`, a refusal that Starlette takes for acceptance."""
    return [header for header in headers if header[0] != b"accept-encoding" or not _REFUSED.search(header[1])]
