"""Clients that want to fill the log: whatever they send, and however often, a few lines come of it."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from queuectl_api.batch import NDJSON
from tests.attacks.wire import SIGNED, connect, head, read
from tests.running import eventually, is_ready, migrate, running_api

MANY = 40
MOST_BYTES = 500
"""For MANY requests of one kind together."""

JSON = "Content-Type: application/json"
LENGTH = "Content-Length: 1000"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An API of one process, and its log."""
    data_dir = tmp_path_factory.mktemp("log")
    migrate(data_dir)
    page = data_dir / "page"
    page.mkdir()
    (page / "index.html").touch()
    with running_api(data_dir, api_processes=1, dashboard_dir=page) as url:
        yield url, data_dir / "api.log"


REQUESTS = {
    "an upgrade": head("GET /healthz", "Connection: Upgrade", "Upgrade: websocket"),
    "another upgrade": head("GET /", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's request": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a large head": head("GET /healthz", "X: " + "x" * 70_000),
    "another Host": head("GET /healthz", host="evil.example"),
    "another Origin": head("GET /healthz", "Origin: http://evil.example"),
    "a path that does not exist": head("PUT /api/nothing"),
    "a file that does not exist": head("GET /nothing.js"),
    "a path that is none": head("GET /%00%ff"),
    "a wrong token": head("GET /api/jobs", "Authorization: Bearer wrong"),
    "a wrong session": head("GET /api/jobs", "Cookie: queuectl_session_80=wrong"),
    "half a head": head("GET /healthz")[:-4],
    "half a sign-in": head("POST /api/session", JSON, LENGTH) + b"{",
    "half a body without a token": head("POST /api/jobs", JSON, LENGTH) + b"{",
    "half a job": head("POST /api/jobs", JSON, LENGTH, SIGNED) + b"{",
    "half a change": head("PATCH /api/jobs/x", JSON, LENGTH, SIGNED) + b"{",
    "half a token": head("POST /api/tokens", JSON, LENGTH, SIGNED) + b"{",
    "half a batch": head("POST /api/jobs/batch", f"Content-Type: {NDJSON}", LENGTH, SIGNED) + b"{",
    "half an array": head("POST /api/jobs/batch", JSON, LENGTH, SIGNED) + b"[",
    "half a restore": head("POST /api/restore", "Content-Type: application/x-tar", LENGTH, SIGNED) + b"x",
    "half a chunk": head("POST /api/jobs", JSON, "Transfer-Encoding: chunked", SIGNED) + b"ff\r\n{",
    "events": head("GET /api/events", SIGNED),
    "a backup": head("GET /api/backup", SIGNED),
}


@pytest.mark.parametrize("hangs_up", ["at once", "after a while"])
@pytest.mark.parametrize("kind", REQUESTS)
def test_the_log_does_not_grow_with_requests(api: tuple[str, Path], kind: str, hangs_up: str) -> None:
    url, log = api
    before = log.stat().st_size
    for _ in range(MANY):
        with connect(url) as connection:
            connection.sendall(REQUESTS[kind])
            if hangs_up == "at once":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
            else:
                connection.settimeout(0.005)
                with suppress(OSError):
                    while connection.recv(1 << 16):
                        pass
    eventually(lambda: is_ready(url))
    assert log.stat().st_size - before < MOST_BYTES, log.read_text()[-2000:]


def test_many_upgrades_on_one_connection_are_no_lines_either(api: tuple[str, Path]) -> None:
    url, log = api
    before = log.stat().st_size
    with connect(url) as connection:
        for _ in range(MANY):
            connection.sendall(head("GET /healthz", "Connection: Upgrade", "Upgrade: x"))
            assert read(connection).status == 200
    assert log.stat().st_size == before
