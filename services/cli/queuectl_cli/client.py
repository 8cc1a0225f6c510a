"""A client for the API.

It uses `http.client` because `queuectl enqueue` should start as fast as a shell command: importing httpx alone takes
four times as long as this whole program.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urljoin

from queuectl_cli.credentials import LOCAL_DATA_DIR, SAVED, Credentials, address
from queuectl_cli.failure import NOT_ALLOWED, REFUSED, UNREACHABLE, Failure

TIMEOUT_SECONDS = 60
IDLE_SECONDS = 2  # shorter than the keep-alive timeout of any proxy in between
SILENCE_SECONDS = 45  # streams send at least a heartbeat, or end, within 15 s
BUSY_SECONDS = 30

Result = TypeVar("Result")
Query = Mapping[str, str | int | None]


class NotTheApi(Failure):
    """The response is not from the API, but from another program or a network's sign-in page."""

    def __init__(self, url: str, answer: str) -> None:
        super().__init__(f"the response from {url} ({answer}) is not from the QueueCTL API: check --url", UNREACHABLE)


class Unavailable(Failure):
    """The API cannot be reached, or is not serving requests. `retry_after`: seconds to wait, as the API asks."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message, UNREACHABLE)
        self.retry_after = retry_after


class Busy(Unavailable):
    """The API rate-limits this client; the request had no effect."""


class NotFound(Failure):
    """The API does not have what was requested."""


class Redirected(Failure):
    """The API is at another URL. The token is not sent there: an impostor could redirect anywhere."""

    def __init__(self, url: str, target: str) -> None:
        super().__init__(
            f"{url} redirects to {target}: if that is the API, use that URL, with --url, QUEUECTL_URL or"
            f" 'queuectl login {target}'",
            UNREACHABLE,
        )


class Answer(dict[str, Any]):
    """A JSON object from the API at `url`."""

    def __init__(self, url: str, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._url = url

    def __missing__(self, field: str) -> Any:
        """The API always sends this field. Raises NotTheApi."""
        raise NotTheApi(self._url, f"JSON without {field!r}")


class Client:
    """One connection to the API, opened on first use. Every method raises Failure."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._address = address(credentials.url)
        self._connection: HTTPConnection | None = None
        self._used_at = 0.0

    def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON at a path."""
        return self.call("GET", path, query)

    def post(self, path: str, body: Any = None, query: Query | None = None, key: str | None = None) -> Any:
        """The JSON response to a POST. `key`: an idempotency key."""
        return self.call("POST", path, query, body, key)

    def call(self, method: str, path: str, query: Query | None = None, body: Any = None, key: str | None = None) -> Any:
        """The JSON response; None for a DELETE without content. Retries while the API is rate-limiting."""
        return _admitted(lambda: self._call(method, path, query, body, key))

    def _call(self, method: str, path: str, query: Query | None, body: Any, key: str | None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        with self._answered(self._connected(), method, path, query, content, "application/json", key) as response:
            if method == "DELETE" and response.status == 204:
                response.read()
                return None
            return self._parsed(response)

    def send(
        self,
        path: str,
        chunks: Iterable[bytes],
        content_type: str,
        key: str | None = None,
        timeout: float | None = TIMEOUT_SECONDS,
    ) -> Any:
        """Stream a request body; returns the JSON response. `timeout`: seconds to wait for it; None: no limit."""
        connection = self._connect(timeout)
        try:
            with self._answered(connection, "POST", path, None, chunks, content_type, key) as response:
                return self._parsed(response)
        finally:
            connection.close()

    @contextmanager
    def stream(
        self, path: str, media_type: str, query: Query | None = None, timeout: float | None = None
    ) -> Iterator[HTTPResponse]:
        """A response of that media type, to be read as it arrives, on its own connection.

        Retries while the API is rate-limiting. `timeout`: seconds without data after which the connection counts as
        lost; None: no limit.
        """
        with closing(self._connect(timeout)) as connection, ExitStack() as stack:
            response = _admitted(
                lambda: stack.enter_context(self._answered(connection, "GET", path, query, None, None))
            )
            if response.headers.get_content_type() != media_type:
                raise self._not_the_api(response)
            yield response

    def _connected(self) -> HTTPConnection:
        if self._connection is None or time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection = self._connect(TIMEOUT_SECONDS)
        self._used_at = time.monotonic()
        return self._connection

    def _connect(self, timeout: float | None) -> HTTPConnection:
        connection_type = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        return connection_type(str(self._address.hostname), self._address.port, timeout=timeout)

    @contextmanager
    def _answered(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        query: Query | None,
        body: bytes | Iterable[bytes] | None,
        content_type: str | None,
        key: str | None = None,
    ) -> Iterator[HTTPResponse]:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._address.path + path + (f"?{urlencode(given)}" if given else "")
        headers = {"Content-Type": content_type} if body is not None and content_type else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        if self.credentials.token:
            headers["Authorization"] = f"Bearer {self.credentials.token}"
        try:
            try:
                connection.request(method, target, body, headers, encode_chunked=not isinstance(body, bytes | None))
            except (BrokenPipeError, ConnectionResetError):
                if isinstance(body, bytes | None):
                    raise
                # The API refused before the whole body was sent; the response says why.
            response = connection.getresponse()
            if 300 <= response.status < 400:
                raise self._redirected(response, target)
            if response.status >= 400:
                raise self._refusal(response)
            yield response
        except Failure:
            connection.close()  # the response is not read to its end; the next call reconnects
            raise
        except TimeoutError as fault:
            raise Unavailable(f"the API at {self.credentials.url} does not answer") from fault
        except (OSError, HTTPException) as fault:
            if isinstance(fault, BrokenPipeError):
                raise
            reason = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
            raise Unavailable(
                f"cannot reach the API at {self.credentials.url} ({reason}): start it with 'queuectl up', "
                "or set its URL with --url or QUEUECTL_URL"
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
        """The JSON object in the response."""
        try:
            found = json.loads(response.read(), object_hook=partial(Answer, self.credentials.url))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, Answer):
            raise self._not_the_api(response)
        return found

    def _not_the_api(self, response: HTTPResponse) -> NotTheApi:
        media_type = response.headers.get("Content-Type", "no content type")
        return NotTheApi(self.credentials.url, f"{response.status} {response.reason}, {media_type}"[:200])

    def _refusal(self, response: HTTPResponse) -> Failure:
        content = response.read(1 << 20)
        try:
            detail = str(json.loads(content)["detail"])
        except (ValueError, KeyError, TypeError):
            detail = str(self._not_the_api(response))
        else:
            if response.status in (401, 403):
                detail = self._with_login_hint(detail)
        if response.status >= 500 and (request := response.headers.get("X-Request-Id")):
            detail += f" (request {request[:128]})"  # also in the API's log
        match response.status:
            case 401 | 403:
                return Failure(detail, NOT_ALLOWED)
            case 404:
                return NotFound(detail)
            case 429:
                return Busy(detail, _seconds(response.headers.get("Retry-After")))
            case 502 | 503 | 504:
                return Unavailable(detail, _seconds(response.headers.get("Retry-After")))
        return Failure(detail, REFUSED)

    def _with_login_hint(self, detail: str) -> str:
        url, source = self.credentials.url, self.credentials.source
        if not self.credentials.token:
            return f"not signed in at {url}: use 'queuectl login {url}'"
        hint = f"; use 'queuectl login {url}' to replace it" if source in (SAVED, LOCAL_DATA_DIR) else ""
        return f"{detail} (token from {source}{hint})" if source else detail


def _admitted(request: Callable[[], Result]) -> Result:
    """The result of a request, which is repeated while the API is rate-limiting. Raises Busy after BUSY_SECONDS."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return request()
        except Busy as busy:
            if time.monotonic() + busy.retry_after > deadline:
                raise
            time.sleep(busy.retry_after)


def _seconds(text: str | None) -> float:
    """The value of Retry-After if it is a number, at most a minute; otherwise one second."""
    return min(float(text), 60.0) if text and text.isdigit() else 1.0


def segment(text: str) -> str:
    """An id as a path segment."""
    return quote(text, safe="")
