"""The id of a request, in its answer and in all that is logged for it."""

import re
from collections.abc import Iterable
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_core import log_lines
from queuectl_core.log_lines import holds_secret

HEADER = "X-Request-Id"
_NAME = HEADER.lower().encode()
_FIT = re.compile(rb"[A-Za-z0-9._:@+/=-]{1,128}")


def of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the client or a proxy has given; a new one if there is none, an unfit one, or several.

    What looks like a token is unfit: it would be logged.
    """
    given = [value for name, value in headers if name == _NAME]
    if len(given) == 1 and _FIT.fullmatch(given[0]) and not holds_secret(named := given[0].decode()):
        return named
    return token_hex(8)


class RequestId:
    """ASGI: adds the id to the answer, and to all that is logged for the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = of(scope["headers"])
        log_lines.request_id.set(given)  # of this request's task only

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (_NAME, given.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)
