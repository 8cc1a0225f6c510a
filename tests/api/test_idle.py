"""Connections on which nothing is asked for a while."""

import re
import time

from queuectl_api.main import KEEP_ALIVE_SECONDS
from queuectl_api.protocol import HEAD_SECONDS
from tests.attacks.wire import connect, head, read
from tests.running import ROOT


def test_an_idle_connection_serves_again(url: str) -> None:
    with connect(url) as connection:
        for idle in (0, 3, 6):  # servers close at 2 s, or at 5, unless told otherwise
            time.sleep(idle)
            connection.sendall(head("GET /healthz"))
            assert read(connection).status == 200


def test_so_does_one_whose_last_body_came_after_the_answer(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(head("POST /api/jobs", "Content-Type: application/json", "Content-Length: 10"))
        assert read(connection).status == 401
        connection.sendall(bytes(10))
        time.sleep(HEAD_SECONDS + 2)
        connection.sendall(head("GET /healthz"))
        assert read(connection).status == 200


def test_the_proxy_ends_connections_before_the_api_does() -> None:
    [seconds] = re.findall(r"^\s*keepalive (\d+)s\b", (ROOT / "deploy/Caddyfile").read_text(), re.MULTILINE)
    assert int(seconds) < min(HEAD_SECONDS, KEEP_ALIVE_SECONDS), "it may also keep some that it has not used yet"
