"""POST /api/jobs."""

import json
from typing import Any

import httpx
import pytest

from queuectl_core.sqlite.store import Store
from tests.api.playing import unique

JSON = {"Content-Type": "application/json"}


def test_an_enqueued_job_is_in_the_database_and_at_its_location(api: httpx.Client, store: Store) -> None:
    answer = api.post("/api/jobs", json={"command": "echo hello", "tags": ["a"], "timeout": 5})
    assert answer.status_code == 201
    job = answer.json()
    assert (job["state"], job["attempts"], job["max_retries"], job["tags"]) == ("pending", 0, 3, ["a"])
    assert store.jobs.get(job["id"]).command == "echo hello"
    shown = api.get(answer.headers["location"]).json()
    assert (shown.pop("history"), shown.pop("usage")) == ([], None)
    assert shown == job


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_an_optional_cwd_is_left_out_in_a_sandbox(api: httpx.Client, kind: str) -> None:
    def cwd_of(query: str, **fields: object) -> Any:
        job = {"command": "true", "cwd": "/tmp", "delay": 3600} | fields
        answer = api.post(f"/api/jobs{query}", content=json.dumps(job), headers={"Content-Type": kind})
        return answer.raise_for_status().json()["cwd"]

    assert cwd_of("?optional_cwd=true") == "/tmp"
    assert cwd_of("?optional_cwd=true", sandbox=True) is None
    assert cwd_of("?optional_cwd=1", sandbox=True) is None
    assert cwd_of("", sandbox=True) == "/tmp"
    assert api.post("/api/jobs?optional_cwd=perhaps", json={"command": "true"}).status_code == 422


def test_a_taken_id_is_refused_and_the_first_job_kept(api: httpx.Client) -> None:
    job_id = unique()
    assert api.post("/api/jobs", json={"id": job_id, "command": "first"}).status_code == 201
    refusal = api.post("/api/jobs", json={"id": job_id, "command": "second"})
    assert refusal.status_code == 409
    assert "exists already: choose another id" in refusal.json()["detail"]
    assert api.get(f"/api/jobs/{job_id}").json()["command"] == "first"


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "command", "is missing"),
        ({"command": ""}, "command", "it is empty"),
        ({"command": "a\0b"}, "command", "NUL"),
        ({"command": "x" * 70_000}, "command", "65536 bytes, not 70000"),
        ({"command": "true", "max_retries": -1}, "max_retries", "greater than or equal to 0"),
        ({"command": "true", "timeout": 0}, "timeout", "greater than 0"),
        ({"command": "true", "id": "a/b"}, "id", "letters, digits"),
        ({"command": "true", "id": "x" * 10_240}, "id", "1 to 128"),
        ({"command": "true", "run_at": "2026-01-31T09:30:00"}, "run_at", "timezone"),
        ({"command": "true", "tag": "x"}, "tag", "not a field"),
        ({"command": "\ud800"}, "command", "surrogate"),
    ],
)
def test_bad_input_names_the_field_and_enqueues_nothing(
    api: httpx.Client, store: Store, body: dict[str, Any], field: str, said: str
) -> None:
    before = store.jobs.counts()
    # Written by hand, as httpx cannot encode what must be refused.
    refusal = api.post("/api/jobs", content=json.dumps(body), headers=JSON)
    problem = refusal.json()
    assert refusal.status_code == 422
    assert refusal.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["field"] == field
    assert problem["detail"].startswith(field)
    assert said in problem["detail"]
    assert len(problem["detail"]) < 400
    assert store.jobs.counts() == before


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"nonsense", b'{"command": "true", "delay": NaN}', b'["command"]', b"\xff\xfe", b"null"],
)
def test_what_is_no_json_object_is_refused(api: httpx.Client, content: bytes) -> None:
    refusal = api.post("/api/jobs", content=content, headers=JSON)
    assert refusal.status_code == 422
    assert refusal.json()["detail"]


def test_a_refusal_is_json_whatever_was_sent(api: httpx.Client) -> None:
    for value in ("NaN", "-Infinity", "1e999", "[NaN]"):
        refusal = api.post("/api/jobs", content=f'{{"command": "true", "timeout": {value}}}', headers=JSON)
        assert refusal.status_code == 422
        json.loads(refusal.text, parse_constant=pytest.fail)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_a_foreign_page_cannot_enqueue(api: httpx.Client, kind: str) -> None:
    refusal = api.post("/api/jobs", content='{"command": "true"}', headers={"Content-Type": kind})
    assert refusal.status_code == 415
    assert "application/json" in refusal.json()["detail"]
