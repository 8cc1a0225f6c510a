"""The names of this server, and protection from foreign pages in a browser.

A page whose name resolves to this machine (DNS rebinding) sends that name as Host. Any other foreign page sends an
Origin that differs from the Host; if the browser sends no Origin, Sec-Fetch-Site must be `same-origin`.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from queuectl_api.credentials import by_session
from queuectl_api.problems import problem
from queuectl_api.settings import HOST_NAME, is_address
from queuectl_core.model.errors import shown

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

_HOST = re.compile(rf"(\[[0-9a-f:.]+\]|{HOST_NAME.pattern})(:[0-9]{{1,5}})?")


class Hosts:
    """ASGI: answers 421 if the Host is not ours, and 403 if the request may come from a foreign page."""

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if wrong := self._wrong_host(headers):
                app = problem(421, wrong)
            elif wrong := _foreign(scope, headers):
                app = problem(403, wrong)
        await app(scope, receive, send)

    def _wrong_host(self, headers: Headers) -> str | None:
        given = headers.getlist("host")
        if len(given) != 1 or not (match := _HOST.fullmatch(given[0].lower())):
            return f"a request must name its Host once, not {', '.join(map(shown, given)) or 'not at all'}"
        name = match[1]
        if name == "localhost" or name.endswith(".localhost") or name in self._allowed:
            return None
        if is_address(name.strip("[]")):  # DNS rebinding needs a name
            return None
        return f"Host {shown(name)} is not a name of this server: add it to QUEUECTL_ALLOWED_HOSTS"


def _foreign(scope: Scope, headers: Headers) -> str | None:
    """Why the request may come from a foreign page; None if it cannot."""
    origin, host = headers.get("origin"), headers["host"].lower()
    if origin is not None and not _is_own(origin, host, scope["scheme"]):
        return f"Origin {shown(origin)} is not this server's own, {shown(host)}: other sites' pages may not call it"
    if by_session(headers):
        site = headers.get("sec-fetch-site")
        if scope["method"] not in SAFE and origin is None and site != "same-origin":
            return "a session changes something only from this server's own pages: send its Origin, or use a token"
        # Other ports of this host are the same site: they send the cookie. Their links to the page itself are harmless.
        if scope["path"].startswith("/api/") and site not in (None, "same-origin", "none"):
            return "a session is valid only on this server's own pages: other sites' pages may not use it"
    return None


def _is_own(origin: str, host: str, scheme: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.netloc.lower() == host and parts.scheme in (("https",) if scheme == "https" else ("http", "https"))
