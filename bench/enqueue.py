"""`python -m bench.enqueue`: jobs enqueued one by one over HTTP, each acknowledged when it is on disk.

The client sends prepared requests, so that it uses little CPU time on a machine that it shares with the API.
"""

import multiprocessing
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bench import drain
from bench.figure import Figure, percentile, show
from bench.server import Server, empty_queue
from bench.temp_dir import temp_dir
from tests.running import migrate, program, running_api
from tests.signed_in import TOKEN, client

Result = TypeVar("Result")

SECONDS = 5.0
OFFERED_PER_SECOND = 500
BEHIND = 50_000
BODY = b'{"command":"true"}'
CREATED = b"HTTP/1.1 201 "


def rate(connections: int, seconds: float = SECONDS, server: Server | None = None) -> float:
    """Jobs per second over some connections."""
    with empty_queue(server) as queue, running_api(**queue.settings) as url:
        return apart(_rate, url, connections, seconds)


def figures(seconds: float = SECONDS) -> list[Figure]:
    """Goal 5: over 1 and 16 connections, each of which waits for its responses; and requests at a fixed rate.

    For the latter, time counts from when each request should have been sent.
    """
    with system() as (url, _):
        one, many = (apart(_rate, url, connections, seconds) for connections in (1, 16))
    with system() as (url, data_dir), client(url) as api:
        drain.pause(api, True)
        drain.enqueue(api, BEHIND, "true")
        drain.pause(api, False)
        with program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir, concurrency=8):
            time.sleep(2)
            taken = apart(_offered, url, OFFERED_PER_SECOND, seconds)
        counts = api.get("/api/status").json()["jobs"]
        assert counts["pending"] > len(taken), "there was always something to drain"
    note = f"p50 {percentile(taken, 0.5):.1f} ms, while {counts['completed'] / (seconds + 2):,.0f} jobs/s were drained"
    return [
        Figure(5, "enqueue one by one, 1 connection", one, "jobs/s", 1500),
        Figure(5, "enqueue one by one, 16 connections", many, "jobs/s", 4000),
        Figure(5, "500/s offered under full drain, p99", percentile(taken, 0.99), "ms", 15, most=True, note=note),
    ]


@contextmanager
def system() -> Iterator[tuple[str, Path]]:
    """A separate API: its URL and its data directory."""
    with temp_dir() as directory:
        migrate(directory)
        with running_api(directory) as url:
            yield url, directory


def apart(load: Callable[..., Result], *arguments: Any) -> Result:
    """Run `load` in a separate process; returns its result."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(load, arguments)


def _rate(url: str, connections: int, seconds: float) -> float:
    """Jobs per second."""
    load = _Load(url, connections)
    for connection in load.free.copy():  # one after the other: so every API process knows the token
        load.send(connection)
        while connection not in load.free:
            load.answered(1)
    for connection in load.free.copy():
        load.send(connection)
    answered, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for connection in load.answered(1):
            answered += 1
            load.send(connection)
    return answered / (time.perf_counter() - began)


def _offered(url: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from when each request should have been sent until its response."""
    load = _Load(url, connections=64)
    due = deque(number / rate for number in range(int(rate * seconds)))
    sent: dict[int, float] = {}
    taken: list[float] = []
    began = time.perf_counter()
    while due or sent:
        now = time.perf_counter() - began
        while due and due[0] <= now and load.free:
            connection = load.free[0]  # round robin: the API closes idle connections
            sent[connection.fileno()] = due.popleft()
            load.send(connection)
        wait = max(0.0, due[0] - now) if due and load.free else 1.0
        for connection in load.answered(wait):
            taken.append((time.perf_counter() - began - sent.pop(connection.fileno())) * 1000)
    return taken


class _Load:
    """Connections that send the same prepared request again and again."""

    def __init__(self, url: str, connections: int) -> None:
        host = urlsplit(url).netloc
        head = (
            f"POST /api/jobs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        self._request = head.encode() + BODY
        self._poll = select.epoll()
        name, _, port = host.partition(":")
        self.free = [socket.create_connection((name, int(port))) for _ in range(connections)]
        self._sent: dict[int, socket.socket] = {}
        self._part: dict[int, bytes] = {}
        for connection in self.free:
            self._poll.register(connection, select.EPOLLIN)

    def send(self, connection: socket.socket) -> None:
        """Send a request on a free connection."""
        self.free.remove(connection)
        self._sent[connection.fileno()] = connection
        connection.sendall(self._request)

    def answered(self, wait: float) -> list[socket.socket]:
        """Wait up to `wait` seconds; returns the connections that have received a response, and are free again."""
        whole = [descriptor for descriptor, _ in self._poll.poll(wait) if self._ends(descriptor)]
        answered = [self._sent.pop(descriptor) for descriptor in whole]
        self.free += answered
        return answered

    def _ends(self, descriptor: int) -> bool:
        """Whether the response is complete: it may arrive in parts, and ends with a JSON object."""
        answer = self._part.pop(descriptor, b"") + self._sent[descriptor].recv(65_536)
        assert answer.startswith(CREATED), answer
        if answer.endswith(b"}"):
            return True
        self._part[descriptor] = answer
        return False


if __name__ == "__main__":
    show(figures())
