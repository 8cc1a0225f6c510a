"""Answers that are compressed, and those that never are."""

import httpx
import pytest

from queuectl_core.store.store import Store
from tests.api.attempts import claimed
from tests.names import unique

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def tag() -> str:
    """Of some jobs that make a long list."""
    return unique()


@pytest.fixture
def listed(api: httpx.Client, tag: str) -> str:
    """The address of that list."""
    for _ in range(10):
        api.post("/api/jobs", json={"command": "true", "tags": [tag]}).raise_for_status()
    return f"/api/jobs?tag={tag}"


@pytest.mark.parametrize("wish", ["gzip", "br, gzip;q=0.8", "gzip, deflate"])
def test_a_long_answer_is_compressed_where_that_is_asked_for(api: httpx.Client, listed: str, wish: str) -> None:
    plain = api.get(listed, headers={"Accept-Encoding": "identity"})
    packed = api.get(listed, headers={"Accept-Encoding": wish})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert packed.json() == plain.json()


@pytest.mark.parametrize("wish", ["identity", "br", "gzip;q=0", "gzip; q=0.0, br", "br;q=1, gzip;q=0"])
def test_it_is_not_where_that_is_not_asked_for(api: httpx.Client, listed: str, wish: str) -> None:
    plain = api.get(listed, headers={"Accept-Encoding": wish})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"


def test_a_short_answer_is_left_as_it_is(api: httpx.Client) -> None:
    assert "content-encoding" not in api.get("/api/session", headers=GZIP).headers


def test_streams_and_backups_are_sent_as_they_are(api: httpx.Client, store: Store) -> None:
    running = claimed(store).job_id
    for path in ("/api/events", f"/api/logs/{running}?follow=true", "/api/backup", "/metrics"):
        with api.stream("GET", path, headers=GZIP) as answer:
            assert answer.status_code == 200
            assert "content-encoding" not in answer.headers


def test_what_holds_a_secret_beside_words_of_the_request_is_never_compressed(api: httpx.Client) -> None:
    long = "x" * 5000
    link = api.post("/api/session/link", headers=GZIP)
    token = api.post("/api/tokens", headers=GZIP, json={"name": unique(), "role": "viewer"})
    session = api.post("/api/session", headers=GZIP, json={"token": token.json()["token"]})
    job = api.post("/api/jobs", headers=GZIP, json={"command": long, "env": {"SECRET": long}})
    for answer in (link, token, session, job):
        assert answer.status_code == 201
        assert "content-encoding" not in answer.headers
