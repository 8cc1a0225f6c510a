"""POST /api/jobs."""

import json
import re
from typing import Any

import httpx
import pytest

from queuectl_core.model.new_job import COMMAND_BYTES, JOB_BYTES
from queuectl_core.store.store import Store
from tests.names import unique
from tests.signed_in import created

JSON = {"Content-Type": "application/json"}


def test_an_enqueued_job_is_in_the_database_and_at_its_location(api: httpx.Client, store: Store) -> None:
    answer = api.post("/api/jobs", json={"command": "echo hello", "tags": ["a"], "timeout": 5})
    assert answer.status_code == 201
    job = answer.json()
    assert (job["state"], job["attempts"], job["max_retries"], job["tags"]) == ("pending", 0, 3, ["a"])
    assert store.jobs.get(job["id"]).command == "echo hello"
    shown = api.get(answer.headers["location"]).json()
    assert (shown.pop("history"), shown.pop("usage")) == ([], None)
    del shown["waiting_for"]  # other tests have workers
    assert not job.pop("existing")
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


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_taken_id_is_refused_and_the_first_job_kept(api: httpx.Client, kind: str) -> None:
    first = {"id": unique(), "command": "first", "delay": 60}

    def again(**other: str) -> Any:
        refusal = api.post("/api/jobs", content=json.dumps(first | other), headers={"Content-Type": kind})
        assert refusal.status_code == 409
        return refusal.json()

    assert api.post("/api/jobs", json=first).status_code == 201
    assert (again()["same"], again(command="second")["same"]) == (True, False)
    assert "exists already, and is identical" in again()["detail"]
    assert "exists already: choose another id" in again(command="second")["detail"]
    assert api.get(f"/api/jobs/{first['id']}").json()["command"] == "first"


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "command", "is missing"),
        ({"command": ""}, "command", "must not be empty"),
        ({"command": "a\0b"}, "command", "NUL"),
        ({"command": "x" * 70_000}, "command", "65536 bytes, not 70000"),
        ({"command": "true", "max_retries": -1}, "max_retries", "greater than or equal to 0"),
        ({"command": "true", "timeout": 0}, "timeout", "greater than 0"),
        ({"command": "true", "id": "a/b"}, "id", "letters, digits"),
        ({"command": "true", "id": "x" * 10_240}, "id", "1 to 128"),
        ({"command": "true", "run_at": "2026-01-31T09:30:00"}, "run_at", "timezone"),
        ({"command": "true", "tag": "x"}, "tag", "unknown field"),
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


ALL_FIELDS = {
    "command": "echo 'ü 😀'",
    "queue": "parity",
    "priority": 5,
    "run_at": "2099-01-31T09:30:00.123456+02:00",
    "max_retries": 2,
    "backoff_base": 1.5,
    "timeout": 5,
    "env": {"NAME": "ü"},
    "cwd": "/tmp",
    "tags": ["b", "a"],
    "limits": {"memory": 1 << 30, "cpu": 0.5},
    "sandbox": True,
    "description": "für das Archiv",
}
BODIES = {
    "minimal": b'{"command":"true"}',
    "all fields": json.dumps(ALL_FIELDS).encode(),
    "not ASCII": json.dumps(ALL_FIELDS, ensure_ascii=False).encode(),
    "nulls": json.dumps({"command": "true"} | dict.fromkeys(ALL_FIELDS.keys() - {"command"})).encode(),
    "delay": b' {"command": "true", "delay": 1e3, "timeout": 1.0} ',
    "byte order mark": b'\xef\xbb\xbf{"command": "true"}',
    "taken id": b'{"command": "true", "id": "parity"}',
    "taken id of another job": b'{"command": "false", "id": "parity"}',
    "empty": b"",
    "not JSON": b'{"command": ',
    "not UTF-8": b'{"command": "\xff"}',
    "UTF-16": '{"command": "true"}'.encode("utf-16"),
    "array": b"[]",
    "null": b"null",
    "missing": b"{}",
    "unknown": b'{"command": "true", "comand": 1, "x": 2}',
    "given twice": b'{"command": "true", "command": "true"}',
    "wrong types": b'{"command": 1, "priority": "1", "tags": "a", "env": {"A": 1}, "sandbox": 1}',
    "out of bounds": b'{"command": "", "timeout": 0, "max_retries": -1, "id": "/"}',
    "two starts": b'{"command": "true", "delay": 1, "run_at": "2099-01-01T00:00:00Z"}',
    "surrogate": rb'{"command": "\ud800"}',
    "NUL": rb'{"command": "\u0000"}',
    "no number": b'{"command": "true", "timeout": NaN}',
    "nested": b'{"command": "true", "tags": ' + b"[" * 300 + b"]" * 300 + b"}",
    "many values": b'{"command": "true", "tags": [' + b",".join([b"1"] * 2000) + b"]}",
    "large": b'{"command": "' + b"x" * JOB_BYTES + b'"}',
    "long command": b'{"command": "' + b"x" * (COMMAND_BYTES + 1) + b'"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("role", ["operator", "viewer", None])
def test_the_fast_path_answers_as_the_endpoint_does(api: httpx.Client, body: bytes, role: str | None) -> None:
    api.post("/api/jobs", json={"command": "true", "id": "parity"})
    signed = created(api, role)[1] if role else {"Authorization": "Basic x"}
    fast, slow = (comparable(api, query, body, signed) for query in FAST_AND_SLOW)
    assert fast == slow


@pytest.mark.parametrize("query", ["?optional_cwd=true", "?optional_cwd=True"])
def test_both_leave_out_an_optional_cwd(api: httpx.Client, query: str) -> None:
    body = b'{"command": "true", "cwd": "/tmp", "sandbox": true}'
    assert comparable(api, query, body, {})[2].count(b'"cwd":null') == 1


FAST_AND_SLOW = ("", "?optional_cwd=false")
"""Query strings: the fast path takes the first one."""

Answer = tuple[int, list[tuple[str, str]], bytes]


def comparable(api: httpx.Client, query: str, body: bytes, signed: dict[str, str]) -> Answer:
    """Status, headers and body of an answer, without what no two of them have in common."""
    answer = api.post(f"/api/jobs{query}", content=body, headers=JSON | signed | {"X-Request-Id": "parity"})
    given = answer.json().get("id", "") if answer.is_success else ""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "date")
    content = re.sub(rb"20(?!99)\d\d-\d\d-\d\dT[\d:.]+Z", b"TIME", answer.content)
    return (
        answer.status_code,
        [(name, value.replace(given, "ID") if given else value) for name, value in headers],
        content.replace(given.encode(), b"ID") if given else content,
    )
