"""Uvicorn's HTTP/1.1, with limits on slow and greedy clients.

Containers put Caddy in front, which has limits of its own, but the API also listens by itself: on its own port there,
and without any proxy after `queuectl up`. Uvicorn has options for none of these parts:

- Connections: above `most_connections()`, the oldest one that is not signed in is closed. Uvicorn's
  `limit_concurrency` refuses the newest one instead, so idle connections would lock everybody out.
- The head of a request: a time limit, limits on size, headers and parameters, and on requests sent ahead. Uvicorn waits
  for a head without end and takes one of any length; `h11_max_incomplete_event_size` is for h11 only.
- Bodies that the answer did not wait for: a small rest is read for a while, so that the connection can be used again;
  after a larger one the connection is closed. Uvicorn reads on.
- Answers that nobody reads: cut off after a time, apart from streams.
- Ending at once: streams when the process shuts down, and any connection by `scope["state"]["hang_up"]`.
- Quiet logs: no line for each request that cannot be parsed or wants an upgrade.
"""

import asyncio
import logging
import resource
from collections import deque
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from queuectl_api import request_id
from queuectl_api.headers import HEADERS
from queuectl_api.problems import logged, problem

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 << 10
MOST_HEADERS = 100
MOST_PARAMETERS = 100
"""In the query string."""

REST_BYTES = 64 << 10
"""The largest rest of an unread body that is still received, for up to HEAD_SECONDS."""

MOST_AHEAD = 20
"""Pipelined requests that may wait for earlier answers."""

LINGER_SECONDS = 2.0
UNREAD_SECONDS = 30.0
MOST_CONNECTIONS = 2000
"""In one process."""

_FLOODING = ("Invalid HTTP request", "Unsupported upgrade", "No supported WebSocket library")
"""The beginnings of uvicorn messages that any client could cause with each request, until the disk is full."""

logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(_FLOODING))
logging.getLogger("uvicorn.error").addFilter(lambda record: not (record.exc_info and logged.get()))


def raise_descriptors() -> None:
    """Raise the limit on file descriptors to the maximum: each connection takes one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def most_connections() -> int:
    """The limit on connections; half of the file descriptors are for files."""
    return min(MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class TooMuch(Exception):
    """A head is larger than allowed, see `_refuse_head`, or more than MOST_AHEAD requests wait."""


class Protocol(HttpToolsProtocol):
    """A connection. The application can end it at once by `scope["state"]["hang_up"]`."""

    _all: ClassVar[dict["Protocol", None]] = {}
    """All of this process, in the order in which they began to wait for their current request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers = []
        self._open = deque[RequestResponseCycle]()
        """Unanswered requests: the first is being answered, the others were sent ahead."""
        self._bytes = 0
        """Bytes since the end of a request or the last byte of a body: of a head, of trailers, or around chunks."""
        self._whole = True
        """Whether the latest request was received to its end."""
        self._ended = False
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    # Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for a request; if there are too many connections, close the oldest one that is not signed in."""
        super().connection_made(transport)
        self._wait()
        self._begin_clock()
        if len(self.connections) > most_connections():
            next(other for other in self._all if not other.signed_in()).abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
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
        """Tell all requests that the client is gone: uvicorn tells only the latest one."""
        for cycle in self._open:
            cycle.disconnected = True
            cycle.message_event.set()

    def shutdown(self) -> None:
        """End a stream at once: it has no end to wait for, and its reader reconnects."""
        if self._is_stream():
            self.abort()
        else:
            super().shutdown()

    def signed_in(self) -> bool:
        """Whether the request that is being answered is authenticated."""
        return bool(self._open) and "token" in self._open[0].scope["state"]

    # The head of a request

    def data_received(self, data: bytes) -> None:
        """Count all bytes outside of bodies, and run a clock while a head is incomplete."""
        if self._ended:
            return
        self._bytes += len(data)
        super().data_received(data)
        if self._ended or self.transport.is_closing():
            return
        if not self._open and (self._bytes or not self._whole):
            self._begin_clock()
        elif not self._open:  # the end of a body that was already answered: it is idle
            self._in_time()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        if self._bytes > HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Give the application `hang_up`."""
        super().on_message_begin()
        self.scope["state"]["hang_up"] = self.abort

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, up to MOST_HEADERS; ignore trailers. Raises TooMuch."""
        if not self._whole:
            return
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS:
            raise TooMuch

    def on_headers_complete(self) -> None:
        """Begin to answer. Raises TooMuch, upon which uvicorn calls send_400_response."""
        self._bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if self._bytes > HEAD_BYTES or self._has_many_parameters() or len(self.pipeline) >= MOST_AHEAD:
            raise TooMuch
        self._bytes = 0
        self._in_time()
        self._whole = False
        super().on_headers_complete()
        self._open.append(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Do not count the body."""
        super().on_body(body)
        self._bytes = 0

    def on_message_complete(self) -> None:
        """The request is received to its end."""
        super().on_message_complete()
        self._bytes = 0
        self._whole = True

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, or is too much."""
        if self._bytes > HEAD_BYTES or len(self.headers) > MOST_HEADERS or self._has_many_parameters():
            self._refuse_head()
        else:
            self._refuse(400, "this is not a valid HTTP/1.1 request")

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

    def _begin_clock(self) -> None:
        self._late = self._late or self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _in_time(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    # The end of an answer

    def on_response_complete(self) -> None:
        """Wait for the next request, and for a small rest of the body; close the connection if the rest is large."""
        self._open.popleft()
        super().on_response_complete()
        if not self.transport.is_closing() and not self._open:
            self._wait()
            if not self._whole and self._announced() > REST_BYTES:
                self._end()
            elif not self._whole:
                self._begin_clock()

    def _announced(self) -> float:
        return int(dict(self.headers).get(b"content-length", REST_BYTES + 1))

    def _wait(self) -> None:
        self._all.pop(self, None)
        self._all[self] = None

    def _refuse(self, status: int, reason: str) -> None:
        """Answer a request that did not reach the application."""
        if self._open:  # an answer to an earlier one is being sent
            self.transport.close()
            return
        answer = problem(status, reason, headers=HEADERS | {request_id.HEADER: request_id.of(self.headers)})
        head = [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
        self.transport.write(b"".join([STATUS_LINE[status], *head, b"connection: close\r\n\r\n", bytes(answer.body)]))
        self._end()

    def _end(self) -> None:
        """Send nothing more; a client that is still sending has time to read the answer before the reset."""
        self._ended = True
        self._in_time()
        self.flow.pause_reading()
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.abort)

    # Answers that nobody reads

    def pause_writing(self) -> None:
        """The client does not read: it has UNREAD_SECONDS, or any time if the answer is a stream."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._not_read)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _not_read(self) -> None:
        if not self._is_stream():
            self.abort()

    def _is_stream(self) -> bool:
        return bool(self._open) and "stream" in self._open[0].scope["state"]
