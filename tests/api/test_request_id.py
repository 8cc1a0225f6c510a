"""X-Request-Id: from the answer to the lines of the log."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from queuectl_core.model.token import new_secret
from tests.attacks.wire import SIGNED, ask, connect, head
from tests.running import ROOT, clean_environment, eventually, free_port, is_ready, migrate
from tests.signed_in import HEADERS
from tests.system import System

BROKEN = """
from queuectl_api import main, status
def fail(_):
    raise ZeroDivisionError("as the test wants it")
status.status = fail
main.main()
"""
MADE = re.compile("[0-9a-f]{16}")


@contextmanager
def broken_api(data_dir: Path, **settings: object) -> Iterator[tuple[str, Path]]:
    """An API in which `GET /api/status` fails as nobody has foreseen; its URL, and its log."""
    migrate(data_dir)
    address, log = f"127.0.0.1:{free_port()}", data_dir / "api.log"
    environment = clean_environment(data_dir=data_dir, bind=address, api_processes=1, **settings)
    with log.open("wb") as file:
        api = subprocess.Popen([sys.executable, "-c", BROKEN], env=environment, cwd=ROOT, stderr=file)
    try:
        eventually(lambda: is_ready(f"http://{address}", "/healthz"))
        yield f"http://{address}", log
    finally:
        api.terminate()
        api.wait()


ANSWERS = {
    201: head("POST /api/jobs", "Content-Type: application/json", "Content-Length: 18", SIGNED) + b'{"command":"true"}',
    200: head("GET /api/jobs", SIGNED),
    400: b"NOT HTTP\r\n\r\n",
    401: head("GET /api/jobs"),
    404: head("GET /nothing"),
    405: head("PUT /api/jobs"),
    415: head("POST /api/tokens", "Content-Type: text/plain", "Content-Length: 1", SIGNED) + b"x",
    421: head("GET /healthz", host="evil.example"),
    422: head("GET /api/jobs?x=1", SIGNED),
    431: head("GET /healthz", "X: " + "x" * 70_000),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_every_answer_has_one(url: str, status: int) -> None:
    first, second = ask(url, ANSWERS[status]), ask(url, ANSWERS[status])
    assert first.status == status
    ids = [re.findall(r"^x-request-id: (\S+)$", answer.head, re.MULTILINE) for answer in (first, second)]
    assert all(len(of_one) == 1 and MADE.fullmatch(of_one[0]) for of_one in ids)
    assert ids[0] != ids[1]


@pytest.mark.parametrize("given", ["x", "x" * 128, "Root=1-67891233-abc", "a.b_c-d:e/f+g=h@i", "1-67891233"])
def test_the_one_that_a_client_gives_is_kept(api: httpx.Client, given: str) -> None:
    for method, path in (("GET", "/healthz"), ("POST", "/api/jobs"), ("HEAD", "/api/events"), ("GET", "/nothing")):
        assert api.request(method, path, headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\x1b[31m", "ü", '{"a"}', "a,b", "a\tb"])
def test_one_that_could_be_anything_is_not(api: httpx.Client, given: str) -> None:
    answer = api.get("/healthz", headers={b"X-Request-Id": given.encode()})
    assert MADE.fullmatch(answer.headers["x-request-id"])


def test_of_several_none_is_kept(api: httpx.Client) -> None:
    answer = api.get("/healthz", headers=[("X-Request-Id", "one"), ("X-Request-Id", "two")])
    assert MADE.fullmatch(answer.headers["x-request-id"])


def test_requests_that_are_sent_ahead_have_each_their_own(url: str) -> None:
    both = head("GET /healthz", "X-Request-Id: one") + head("GET /healthz", "X-Request-Id: two", "Connection: close")
    with connect(url) as connection:
        connection.sendall(both)
        said = b"".join(iter(lambda: connection.recv(65_536), b"")).decode().lower()
    assert re.findall(r"x-request-id: (\S+)", said) == ["one", "two"]


def test_an_unexpected_fault_is_found_in_the_log_by_it(tmp_path: Path) -> None:
    with broken_api(tmp_path) as (url, log):
        failed = httpx.get(f"{url}/api/status", headers=HEADERS | {"X-Request-Id": "mine"})
        assert (failed.status_code, failed.headers["x-request-id"]) == (500, "mine")
        done = System(url).queuectl("status")
        [told] = re.findall(r"\(request (\w+)\)$", done.err.strip())
        assert done.status == 1
    lines = log.read_text().splitlines()
    assert [line for line in lines if line.endswith(f": GET /api/status failed (request {told})")]
    [at] = [number for number, line in enumerate(lines) if "(request mine)" in line]
    assert " ERROR queuectl.api[" in lines[at]
    assert lines[at].endswith(": GET /api/status failed (request mine)")
    assert lines[at + 1] == "    Traceback (most recent call last):"
    assert lines.count("    ZeroDivisionError: as the test wants it") == 2, "once for each request"


def test_in_json_the_fault_is_one_object(tmp_path: Path) -> None:
    with broken_api(tmp_path, log_format="json") as (url, log):
        httpx.get(f"{url}/api/status", headers=HEADERS | {"X-Request-Id": "mine"})
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == "mine"]
    assert (line["level"], line["logger"], line["message"]) == ("error", "queuectl.api", "GET /api/status failed")
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ZeroDivisionError: as the test wants it")


def test_a_token_is_no_id_as_it_would_be_logged(url: str) -> None:
    answer = httpx.get(f"{url}/healthz", headers={"X-Request-Id": new_secret()})
    assert MADE.fullmatch(answer.headers["x-request-id"])
