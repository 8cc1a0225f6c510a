"""The API, as the commands see it.

`http.client` and not a larger library, as `queuectl enqueue` shall start as fast as a shell command does:
importing httpx alone takes four times as long as all of this program.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from queuectl_cli.credentials import MADE_HERE, SAVED, Credentials, address
from queuectl_cli.failure import NOT_ALLOWED, REFUSED, UNREACHABLE, Failure

TIMEOUT_SECONDS = 60
IDLE_SECONDS = 2  # the API closes a connection that is idle for 5 s
SILENCE_SECONDS = 45  # live streams send a sign of life every 15 s

Query = Mapping[str, str | int | None]


class NotTheApi(Failure):
    """Something else answered: another program, or a network's sign-in page."""

    def __init__(self, url: str, answer: str) -> None:
        super().__init__(f"what answered at {url} ({answer}) is not QueueCTL's API: is --url right?", UNREACHABLE)


class Redirected(Failure):
    """The API is elsewhere. The token is not sent there unasked: an impostor could name any address."""

    def __init__(self, url: str, target: str) -> None:
        super().__init__(
            f"{url} redirects to {target}: if that is right, name it instead, with --url, QUEUECTL_URL or"
            f" 'queuectl login {target}'",
            UNREACHABLE,
        )


class Answer(dict[str, Any]):
    """A JSON object of the API at `url`."""

    def __init__(self, url: str, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._url = url

    def __missing__(self, field: str) -> Any:
        """The API would have sent it. Raises NotTheApi."""
        raise NotTheApi(self._url, f"JSON without {field!r}")


class Client:
    """One connection to the API, opened when first needed. Every call raises Failure."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._address = address(credentials.url)
        self._connection: HTTPConnection | None = None
        self._used_at = 0.0

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON at a path."""
        return self.call("GET", path, query)

    def post(self, path: str, body: Any = None, query: Query | None = None) -> Any:
        """The JSON that answers a POST."""
        return self.call("POST", path, query, body)

    def call(self, method: str, path: str, query: Query | None = None, body: Any = None) -> Any:
        """The JSON that answers; None after a DELETE that is answered without any."""
        content = None if body is None else json.dumps(body).encode()
        with self._answered(self._connected(), method, path, query, content, "application/json") as response:
            if method == "DELETE" and response.status == 204:
                response.read()
                return None
            return self._parsed(response)

    def send(
        self, path: str, chunks: Iterable[bytes], content_type: str, timeout: float | None = TIMEOUT_SECONDS
    ) -> Any:
        """Stream a body; the JSON that answers. `timeout`: seconds to wait for it, None: as long as it takes."""
        connection = self._connect(timeout)
        try:
            with self._answered(connection, "POST", path, None, chunks, content_type) as response:
                return self._parsed(response)
        finally:
            connection.close()

    @contextmanager
    def stream(self, path: str, kind: str, query: Query | None = None) -> Iterator[HTTPResponse]:
        """A response of that content type, to be read while it comes, on a connection of its own."""
        connection = self._connect(SILENCE_SECONDS if path == "/api/events" else None)
        try:
            with self._answered(connection, "GET", path, query, None, None) as response:
                if response.headers.get_content_type() != kind:
                    raise self._not_the_api(response)
                yield response
        finally:
            connection.close()

    def _connected(self) -> HTTPConnection:
        if self._connection is None or time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection = self._connect(TIMEOUT_SECONDS)
        self._used_at = time.monotonic()
        return self._connection

    def _connect(self, timeout: float | None) -> HTTPConnection:
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        return kind(str(self._address.hostname), self._address.port, timeout=timeout)

    @contextmanager
    def _answered(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        query: Query | None,
        body: bytes | Iterable[bytes] | None,
        content_type: str | None,
    ) -> Iterator[HTTPResponse]:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._address.path + path + (f"?{urlencode(given)}" if given else "")
        headers = {"Content-Type": content_type} if body is not None and content_type else {}
        if self.credentials.token:
            headers["Authorization"] = f"Bearer {self.credentials.token}"
        try:
            try:
                connection.request(method, target, body, headers, encode_chunked=not isinstance(body, bytes | None))
            except (BrokenPipeError, ConnectionResetError):
                if isinstance(body, bytes | None):
                    raise
                # It has refused before all was sent; it says why.
            response = connection.getresponse()
            if 300 <= response.status < 400:
                raise self._redirected(response, target)
            if response.status >= 400:
                raise self._refusal(response)
            yield response
        except Failure:
            connection.close()  # the rest of the answer is not read; the next call opens it again
            raise
        except TimeoutError as fault:
            raise Failure(f"the API at {self.credentials.url} does not answer", UNREACHABLE) from fault
        except (OSError, HTTPException) as fault:
            if isinstance(fault, BrokenPipeError):
                raise
            reason = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
            raise Failure(
                f"the API at {self.credentials.url} cannot be reached ({reason}): start it with 'queuectl up', "
                "or name another one with --url or QUEUECTL_URL",
                UNREACHABLE,
            ) from fault

    def _redirected(self, response: HTTPResponse, asked: str) -> Failure:
        location = response.headers.get("Location")
        if not location:
            return self._not_the_api(response)
        try:
            url = urljoin(f"{self._address.scheme}://{self._address.netloc}{asked}", location)
        except ValueError:
            return self._not_the_api(response)
        return Redirected(self.credentials.url, url.removesuffix(asked)[:200])

    def _parsed(self, response: HTTPResponse) -> Any:
        """The object that is its content."""
        try:
            found = json.loads(response.read(), object_hook=partial(Answer, self.credentials.url))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, Answer):
            raise self._not_the_api(response)
        return found

    def _not_the_api(self, response: HTTPResponse) -> NotTheApi:
        kind = response.headers.get("Content-Type", "no content type")
        return NotTheApi(self.credentials.url, f"{response.status} {response.reason}, {kind}"[:200])

    def _refusal(self, response: HTTPResponse) -> Failure:
        status = NOT_ALLOWED if response.status in (401, 403, 429) else REFUSED
        content = response.read(1 << 20)
        try:
            detail = str(json.loads(content)["detail"])
        except (ValueError, KeyError, TypeError):
            detail = str(self._not_the_api(response))
        else:
            if response.status in (401, 403):
                detail = self._with_the_way_in(detail)
        return Failure(detail, status)

    def _with_the_way_in(self, detail: str) -> str:
        url, source = self.credentials.url, self.credentials.source
        if not self.credentials.token:
            return f"not signed in at {url}: 'queuectl login {url}' asks for a token"
        hint = f"; 'queuectl login {url}' asks for another" if source in (SAVED, MADE_HERE) else ""
        return f"{detail} (the token is that of {source}{hint})" if source else detail


def segment(text: str) -> str:
    """An id as a part of a path."""
    return quote(text, safe="")
