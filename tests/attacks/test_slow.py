"""Clients that are slow on purpose: each is cut off, and nobody else waits for them."""

import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from queuectl_api.protocol import most_connections, raise_descriptors
from tests.attacks.wire import SIGNED, connect, head, read
from tests.running import eventually, migrate, running_api
from tests.signed_in import client

SEVERAL = 300
HALF_A_HEAD = head("GET /healthz")[:-8]
HALF_A_BODY = head("POST /api/jobs", "Content-Type: application/json", "Content-Length: 100", SIGNED) + b'{"comm'

HALF_A_SIGN_IN = head("POST /api/session", "Content-Type: application/json", "Content-Length: 1000") + b"{"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """One API process of its own; this process may have as many connections as the system lets it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_descriptors()
    migrate(tmp_path)
    with running_api(tmp_path, api_processes=1) as url:
        yield url
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def connections(url: str, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many, on each of which that was sent."""
    with ExitStack() as stack:
        opened = [stack.enter_context(connect(url)) for _ in range(number)]
        for connection in opened:
            connection.sendall(sent)
        yield opened


def works(url: str) -> None:
    """A good client does its work."""
    with client(url) as api:
        for _ in range(20):
            assert api.post("/api/jobs", json={"command": "true"}).status_code == 201
    with client(url) as api:
        assert api.get("/readyz").status_code == 200


def all_are_told_that(slow: list[socket.socket], what: str) -> None:
    """They took too long; then they are alone."""
    for connection in slow:
        answer = read(connection)
        assert (answer.status, answer.problem) == (408, what)
        assert connection.recv(1) == b""


def test_half_a_head_is_not_waited_for(url: str) -> None:
    with connections(url, SEVERAL, HALF_A_HEAD) as slow:
        works(url)
        all_are_told_that(slow, "the head of the request did not come within 10 s: send it at once")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for_either(url: str) -> None:
    with connections(url, 1, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ") as [slow]:
        slow.settimeout(0.2)

        def answered() -> bool:
            try:
                slow.sendall(b"x")
                return slow.recv(1 << 16).startswith(b"HTTP/1.1 408")
            except TimeoutError:
                return False

        eventually(answered)
        works(url)


def test_nothing_at_all_is_not_waited_for(url: str) -> None:
    for nothing in (b"", b"\r\n"):
        with connections(url, SEVERAL, nothing) as silent:
            works(url)
            assert {read(connection).status for connection in silent} == {408 if nothing else 0}


def test_half_a_body_is_not_waited_for(url: str) -> None:
    with connections(url, SEVERAL, HALF_A_BODY) as slow:
        works(url)
        all_are_told_that(slow, "the body did not come in time: send it again, without long pauses")


def test_a_body_that_nobody_wants_is_not_received(url: str) -> None:
    """The refused client sends on and on; it is heard no more."""
    refused = head("POST /api/jobs", "Content-Type: application/json", f"Content-Length: {1 << 40}")
    with connections(url, 1, refused) as [stubborn]:
        assert read(stubborn).status == 401
        eventually(lambda: cut_off(stubborn, bytes(1 << 20)))


def test_more_connections_than_there_is_room_for_leave_room_for_the_next(url: str) -> None:
    with connections(url, most_connections() + 100, HALF_A_HEAD) as many:
        works(url)
        assert read(many[0]).status in (0, 408), "it had to go, or was not waited for any longer"


def test_sign_ins_whose_body_does_not_come_leave_room_as_well(url: str) -> None:
    with connections(url, most_connections() + 100, HALF_A_SIGN_IN) as many:
        works(url)
        assert read(many[0]).status in (0, 408), "it had to go, or was not waited for any longer"


def test_a_sign_in_that_comes_byte_by_byte_is_not_waited_for(url: str) -> None:
    with connections(url, 1, HALF_A_SIGN_IN) as [slow]:
        slow.settimeout(0.5)

        def answered() -> bool:
            try:
                slow.sendall(b" ")
                return slow.recv(1 << 16).startswith(b"HTTP/1.1 408")
            except TimeoutError:
                return False

        eventually(answered)


def test_who_has_signed_in_makes_no_room(url: str) -> None:
    with client(url) as api, api.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        with connections(url, most_connections() + 100, HALF_A_SIGN_IN):
            works(url)
        for _ in range(3):
            next(line for line in lines if line.startswith("event: status"))


def test_who_hangs_up_leaves_no_trace_in_the_log(url: str, tmp_path: Path) -> None:
    for _ in range(20):
        with connections(url, 1, head("GET /readyz") * 15) as [hasty]:
            assert hasty.recv(1)
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    works(url)
    assert "Traceback" not in (tmp_path / "api.log").read_text()


def test_who_does_not_read_the_answer_is_not_waited_for(tmp_path: Path) -> None:
    migrate(tmp_path)
    (tmp_path / "index.html").touch()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 << 20)
    with running_api(tmp_path, api_processes=1, dashboard_dir=tmp_path) as url, client(url) as api:
        for _ in range(5):
            api.post("/api/jobs", json={"command": "true", "env": {f"V{n}": "x" * 32_768 for n in range(100)}})
        with (
            connections(url, 20, head("GET /large")) as deaf,
            connections(url, 20, head("GET /api/jobs", SIGNED)) as deaf_but_signed_in,
        ):
            works(url)
            for connection in (*deaf, *deaf_but_signed_in):
                eventually(partial(cut_off, connection))


def test_who_sends_more_and_more_requests_ahead_is_cut_off(url: str) -> None:
    with connections(url, 5, head("GET /healthz") * 1000) as hasty:
        works(url)
        for connection in hasty:
            eventually(partial(cut_off, connection))


def cut_off(connection: socket.socket, sent: bytes = b"x") -> bool:
    """Whether the API has ended the connection; nothing is read from it."""
    try:
        connection.sendall(sent)
    except OSError:
        return True
    return False


def test_a_client_that_was_cut_off_may_come_again(url: str) -> None:
    with connections(url, 1, HALF_A_HEAD) as [slow]:
        assert read(slow).status == 408
    assert httpx.get(f"{url}/healthz").status_code == 200
