"""The access log: a line for each request, if `QUEUECTL_ACCESS_LOG` is on."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_core.model.actor import ANYBODY
from queuectl_core.model.token import Token

log = logging.getLogger("queuectl.access")
log.setLevel(logging.INFO)  # whatever the level of other loggers

LONGEST_PATH = 300


class AccessLog:
    """ASGI: logs each request once it is answered; a stream, once it has ended.

    Of the URL it logs only the path: parameters may contain secrets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = 0, time.monotonic()

        async def see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, see)
        except Exception:
            status = status or 500  # which an outer layer answers
            raise
        finally:
            _note(scope, status, time.monotonic() - begun)


def _note(scope: Scope, status: int, seconds: float) -> None:
    """`status`: 0 if the client disconnected before the answer."""
    fields = {
        "method": scope["method"],
        "path": scope["raw_path"].decode("latin-1")[:LONGEST_PATH],  # without spaces
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "token": _token_name(scope),
    }
    log.info("%s", " ".join(map(str, fields.values())), extra={"fields": fields})


def _token_name(scope: Scope) -> str:
    """The actor's token; `-` if the request is not, or need not be, authenticated."""
    if "token" not in scope["state"]:
        return "-"
    token: Token | None = scope["state"]["token"]
    return token.name if token else ANYBODY
