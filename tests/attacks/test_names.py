"""Names that want to be more than names: paths out of the data directory, lines of a log, commands to a terminal."""

import logging
import re
from pathlib import Path

import httpx
import pytest

from queuectl_core.log_lines import TextLines
from tests.attacks.conftest import DASHBOARD
from tests.attacks.wire import SIGNED, ask, head
from tests.running import migrate, running_api

ESCAPES = "\r\n[2026-01-01 00:00:00 +0000] [1] [INFO] FORGED \x1b[2J\x1b]0;FORGED\x07\u2028FORGED"
CLIMBS = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2fqueue.db",
    "..%252f..%252fqueue.db",
    "....//....//queue.db",
    "..%5c..%5cqueue.db",
    "..%c0%af..%c0%afqueue.db",
    "%2fetc%2fpasswd",
    "%00",
    "queue.db%00.log",
    ".",
    "..",
    "%2e%2e",
    "file:%2f%2f%2fetc%2fpasswd",
]


@pytest.mark.parametrize("climb", CLIMBS)
def test_no_id_is_a_path(url: str, climb: str) -> None:
    for line in (
        f"GET /api/jobs/{climb}",
        f"GET /api/logs/{climb}",
        f"GET /api/logs/{climb}?follow=true&tail=5",
        f"DELETE /api/jobs/{climb}?force=true",
        f"POST /api/jobs/{climb}/retry",
        f"GET /api/docs/{climb}",
        f"GET /api/config/{climb}",
        f"DELETE /api/tokens/{climb}",
    ):
        answer = ask(url, head(line, SIGNED))
        if answer.status == 200:  # with slashes it is an address of the page
            assert answer.body == DASHBOARD.encode()
        else:
            assert answer.status in (404, 405)
            assert answer.problem


@pytest.mark.parametrize("climb", CLIMBS)
def test_the_page_is_all_that_is_served_beside_the_api(url: str, climb: str, data_dir: Path) -> None:
    for path in (f"/{climb}", f"/assets/{climb}", f"//{climb}"):
        answer = ask(url, head(f"GET {path}"))
        assert answer.status in (200, 307, 404)
        assert answer.status != 200 or answer.body == DASHBOARD.encode()
        assert "\nlocation: " not in answer.head or "\nlocation: http://localhost/" in answer.head


@pytest.mark.parametrize("path", ["/assets/missing.js", "/assets/", "/favicon.nope", "/x/missing.js"])
def test_a_file_that_does_not_exist_is_not_the_page(url: str, path: str) -> None:
    answer = ask(url, head(f"GET {path}"))
    assert answer.status == 404
    assert "cache-control: no-store" in answer.head


def test_an_id_with_a_dot_is_no_file(url: str) -> None:
    answer = ask(url, head("GET /jobs/an.id"))
    assert (answer.status, answer.body) == (200, DASHBOARD.encode())
    assert "cache-control: no-cache" in answer.head


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "a\0b", "a\nb", "a\r\nSet-Cookie: x=y", "a\x1b[2Jb", "a\u2028b", "a\u202eb"]
)
def test_a_name_is_refused_that_is_not_a_plain_word(api: httpx.Client, url: str, name: str) -> None:
    for path, new in (
        ("/api/jobs", {"command": "true", "id": name}),
        ("/api/jobs", {"command": "true", "queue": name}),
        ("/api/jobs", {"command": "true", "tags": [name]}),
        ("/api/tokens", {"name": name, "role": "viewer"}),
    ):
        answer = api.post(path, json=new)
        assert answer.status_code == 422
        assert not re.search("[\x00-\x1f\x7f]", answer.text)
    named = "".join(f"%{byte:02x}" for byte in name.encode())
    change = head(f"PATCH /api/queues/{named}", SIGNED, "Content-Type: application/json", "Content-Length: 15")
    assert ask(url, change + b'{"paused":true}').status in (404, 405, 422)


def test_nothing_that_is_sent_makes_a_line_of_the_log(tmp_path: Path) -> None:
    migrate(tmp_path)
    log = tmp_path / "api.log"
    escaped = "".join(f"%{byte:02x}" for byte in ESCAPES.encode())
    with running_api(tmp_path, log, log_level="debug") as url:
        for line in (f"GET /api/jobs/{escaped}", f"GET /{escaped}", f"FORGED /{escaped}", f"PUT /api/config/{escaped}"):
            for headers in (
                (SIGNED,),
                ("Authorization: Bearer FORGED\x1b[31m",),
                (
                    SIGNED,
                    "User-Agent: FORGED\x1b[31m",
                    "X-Forwarded-For: FORGED",
                    "Upgrade: FORGED",
                    "Connection: upgrade",
                ),
            ):
                assert ask(url, head(line, *headers)).status >= 400
        for bytes_ in (b"FORGED\r\nFORGED\x1b[31m\r\n\r\n", head("GET /healthz", host="FORGED\x1b[31m")):
            ask(url, bytes_)
    told = log.read_text()
    assert "Application startup complete" in told
    assert "FORGED" not in told
    assert "\x1b" not in told


def test_what_is_told_of_a_failure_stays_in_its_line() -> None:
    failure = ValueError(ESCAPES)
    record = logging.LogRecord(
        "api", logging.ERROR, "x", 1, "GET %s failed", (ESCAPES,), (ValueError, failure, failure.__traceback__)
    )
    told = TextLines().format(record)
    first, *below = told.split("\n")
    assert "GET \\r\\n[2026-01-01 00:00:00 +0000] [1] [INFO] FORGED \\x1b[2J" in first
    assert below
    assert all(line.startswith("    ") for line in below)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", told)
