"""HEAD at every address that knows GET; whom it answers how is in test_roles.py."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from queuectl_api.streams import MOST_STREAMS
from tests.api.attempts import claimed
from tests.opened import opened
from tests.running import eventually, migrate, running_api

READ = ["/healthz", "/readyz", "/metrics", "/api/jobs", "/api/config", "/api/openapi.json", "/api/docs", "/", "/app.js"]
STREAMS = {
    "/api/events": "text/event-stream",
    "/api/logs/running?follow=true": "text/plain",
    "/api/logs/running?follow=true&offset=0": "text/plain",
    "/api/backup": "application/x-tar",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API of one process, with a page and a job that runs and prints nothing."""
    data_dir: Path = tmp_path_factory.mktemp("heads")
    migrate(data_dir)
    page = data_dir / "page"
    page.mkdir()
    for name in ("index.html", "app.js"):
        (page / name).write_text("x" * 5000)
    with opened(data_dir / "queue.db") as store:
        claimed(store, id="running")
    with running_api(data_dir, api_processes=1, dashboard_dir=page) as url:
        yield url


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("path", READ)
def test_it_is_the_answer_to_get_without_its_body(api: httpx.Client, path: str, coding: str) -> None:
    headers = {"Accept-Encoding": coding, "X-Request-Id": "one"}
    got, asked = (api.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert (asked.status_code, asked.content) == (200, b"")
    for answer in (got, asked):
        del answer.headers["date"]
        if path == "/metrics":
            del answer.headers["content-length"]  # of figures that have grown in between
    assert asked.headers == got.headers


@pytest.mark.parametrize("path", ["/api/jobs/nobody", "/api/logs/nobody", "/api/logs/nobody?follow=true", "/no.js"])
def test_what_is_not_there_is_not_there(api: httpx.Client, path: str) -> None:
    assert api.head(path).status_code == 404


@pytest.mark.parametrize(("path", "kind"), STREAMS.items())
def test_of_a_stream_it_takes_no_place(api: httpx.Client, path: str, kind: str) -> None:
    with ExitStack() as opened:
        for _ in range(MOST_STREAMS):  # those of another test may still have to end
            eventually(lambda: opened.enter_context(api.stream("GET", "/api/events")).is_success)
        assert api.get(path).status_code == 429
        for _ in range(3):
            asked = api.head(path)
            assert (asked.status_code, asked.content) == (200, b"")
            assert asked.headers["content-type"].startswith(kind)


def test_of_a_backup_none_is_made(api: httpx.Client) -> None:
    assert api.head("/api/backup").status_code == 200
    assert [entry for entry in api.get("/api/audit").json()["items"] if entry["action"] == "backup"] == []
