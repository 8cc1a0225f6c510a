"""HEAD for every endpoint that has GET, as some probes send it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI: answers HEAD like GET, without the body; a stream ends once its head is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        scope["state"]["head"] = True
        got = {**scope, "method": "GET"}
        await self._app(got, receive, _head_of(send, scope, got))


def _head_of(send: Send, scope: Scope, got: Scope) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            scope["route"] = got.get("route")  # for the metrics of requests
            await send(message)
            await send({"type": "http.response.body"})

    return send_head


def is_head(request: Request) -> bool:
    """Whether the request is a HEAD."""
    return hasattr(request.state, "head")
