"""Uvicorn's HTTP, such that slow clients cannot hold the API.

Uvicorn itself waits for ever for the head of a request, takes one of any length, and reads on where nobody wants it.
"""

import asyncio
import logging
import resource
from collections import deque
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from queuectl_api.headers import HEADERS
from queuectl_api.problems import problem

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 << 10
MOST_HEADERS = 100
MOST_PARAMETERS = 100
"""In the query of an address."""

REST_BYTES = 64 << 10
"""Of a body that is not wanted, so much is waited for: the connection can then be used again."""

MOST_AHEAD = 20
"""Requests that a client sends before the answers to earlier ones are there."""

LINGER_SECONDS = 2.0
UNREAD_SECONDS = 30.0
MOST_CONNECTIONS = 2000
"""In one process."""

# A line for each of them, and whoever likes could fill the disk.
logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != "Invalid HTTP request received.")


def raise_descriptors() -> None:
    """Have as many descriptors as this system allows: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def most_connections() -> int:
    """Half of the descriptors are for files."""
    return min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class TooMuch(Exception):
    """A head is larger than it may be, see `_refuse_head`, or more than MOST_AHEAD of them wait."""


class Protocol(HttpToolsProtocol):
    """A connection. What answers a request can end it at once: `scope["state"]["hang_up"]`."""

    _all: ClassVar[dict["Protocol", None]] = {}
    """Those of this process, first the one that began the longest ago to wait for the request that it has now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers = []
        self._open = deque[RequestResponseCycle]()
        """Requests that are not answered: the first is being answered, the others were sent ahead."""
        self._bytes = 0
        """Since the last byte of a body, or the end of a request: of a head, of trailers, of what is around chunks."""
        self._whole = True
        self._ended = False
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    # A connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for a request; where there are too many connections, the oldest that is nobody's gives way."""
        super().connection_made(transport)
        self._wait()
        self._late = self.loop.call_later(HEAD_SECONDS, self._too_late)
        if len(self.connections) > most_connections():
            next(other for other in self._all if not other.signed_in()).abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._all.pop(self, None)
        self._in_time()
        self._disconnect()
        self.resume_writing()

    def abort(self) -> None:
        """End the connection at once."""
        self._all.pop(self, None)
        self._disconnect()
        self.transport.abort()

    def _disconnect(self) -> None:
        """Have nobody write any more. Uvicorn tells only the request that came last, which may not be the running."""
        for cycle in self._open:
            cycle.disconnected = True
            cycle.message_event.set()

    def signed_in(self) -> bool:
        """Whether it is known who is being answered."""
        return bool(self._open) and "token" in self._open[0].scope["state"]

    # The head of a request

    def data_received(self, data: bytes) -> None:
        """Count what is no body, and have a clock run while a head is waited for."""
        if self._ended:
            return
        self._bytes += len(data)
        super().data_received(data)
        if self._ended or self.transport.is_closing():
            return
        if not self._open:
            self._late = self._late or self.loop.call_later(HEAD_SECONDS, self._too_late)
        if self._bytes > HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Let the application hang up."""
        super().on_message_begin()
        self.scope["state"]["hang_up"] = self.abort

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, up to MOST_HEADERS; not a trailer, which nobody has asked for. Raises TooMuch."""
        if not self._whole:
            return
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise TooMuch

    def on_headers_complete(self) -> None:
        """The head is there: begin to answer it. Raises TooMuch, which becomes send_400_response."""
        self._bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if self._bytes > HEAD_BYTES or self._has_many_parameters() or len(self.pipeline) >= MOST_AHEAD:
            raise TooMuch
        self._bytes = 0
        self._in_time()
        self._whole = False
        super().on_headers_complete()
        self._open.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        super().on_body(body)
        self._bytes = 0

    def on_message_complete(self) -> None:
        """The body is there as well."""
        super().on_message_complete()
        self._bytes = 0
        self._whole = True

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the request is answered as any other, and a line for each could fill the disk."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed."""
        if self._bytes > HEAD_BYTES or len(self.headers) > MOST_HEADERS or self._has_many_parameters():
            self._refuse_head()
        else:
            self._refuse(400, "this is not a request of HTTP/1.1 that can be understood")

    def _has_many_parameters(self) -> bool:
        return self.url.count(b"&") >= MOST_PARAMETERS

    def _refuse_head(self) -> None:
        self._refuse(
            431,
            f"the head of the request is larger than {HEAD_BYTES} bytes, or has more than {MOST_HEADERS} headers"
            f" or {MOST_PARAMETERS} parameters: send less in address and headers",
        )

    def _too_late(self) -> None:
        if self._bytes and self._whole:
            self._refuse(408, f"the head of the request did not come within {HEAD_SECONDS:.0f} s: send it at once")
        else:
            self.transport.close()

    def _in_time(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    # The end of an answer

    def on_response_complete(self) -> None:
        """Wait for the next request; but not for a large body that was not wanted."""
        self._open.popleft()
        super().on_response_complete()
        if not self.transport.is_closing() and not self._open:
            self._wait()
            if not self._whole and self._announced() > REST_BYTES:
                self._end()

    def _announced(self) -> float:
        return int(dict(self.headers).get(b"content-length", REST_BYTES + 1))

    def _wait(self) -> None:
        self._all.pop(self, None)
        self._all[self] = None

    def _refuse(self, status: int, reason: str) -> None:
        """Answer a request that did not come to the application."""
        if self._open:  # an answer to an earlier one is being sent
            self.transport.close()
            return
        answer = problem(status, reason, headers=HEADERS)
        head = [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
        self.transport.write(b"".join([STATUS_LINE[status], *head, b"connection: close\r\n\r\n", bytes(answer.body)]))
        self._end()

    def _end(self) -> None:
        """Nothing more is sent; who still sends has the time to read that, before the connection is reset."""
        self._ended = True
        self._in_time()
        self.flow.pause_reading()
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.abort)

    # Who does not read

    def pause_writing(self) -> None:
        """The client does not read: it has some time to, or as long as it likes where the answer is a stream."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._not_read)

    def resume_writing(self) -> None:
        """It reads on."""
        super().resume_writing()
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _not_read(self) -> None:
        if not (self._open and "stream" in self._open[0].scope["state"]):
            self.abort()
