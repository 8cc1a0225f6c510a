"""Unique keys over the API: one job for all who enqueue it at the same time, and answers that say so."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.store.store import Store
from tests.names import unique
from tests.postgres.server import Server
from tests.running import migrate, running_api
from tests.signed_in import client

CLIENTS = 64
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def api_on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An API of four processes on either database; its URL."""
    settings: dict[str, Any] = {}
    if request.param == "SQLite":
        migrate(tmp_path)
    else:
        server: Server = request.getfixturevalue("postgres")
        settings = {"database_url": server.empty_database()}
    with running_api(tmp_path, api_processes=4, **settings) as url:
        yield url


@pytest.mark.parametrize("batch", [False, True])
def test_clients_that_enqueue_one_key_at_once_make_one_job(api_on: str, batch: bool) -> None:
    keys = ["one", "two", "three"]

    def enqueue(number: int) -> list[tuple[str, bool]]:
        ordered = keys if number % 2 else keys[::-1]
        with client(api_on) as api:
            if batch:
                content = "\n".join(json.dumps({"command": "true", "delay": 600, "unique": key}) for key in ordered)
                answer = api.post("/api/jobs/batch", content=content, headers=NDJSON)
                assert answer.status_code in (200, 201), answer.text
                found = answer.json()
                return [(job_id, job_id in found["existing"]) for job_id in found["ids"]]
            answers = [api.post("/api/jobs", json={"command": "true", "delay": 600, "unique": key}) for key in ordered]
            for answer in answers:
                assert answer.status_code == (200 if answer.json()["existing"] else 201), answer.text
            return [(answer.json()["id"], answer.json()["existing"]) for answer in answers]

    with ThreadPoolExecutor(CLIENTS) as threads:
        each = [pair for pairs in threads.map(enqueue, range(CLIENTS)) for pair in pairs]
    made = [job_id for job_id, existing in each if not existing]
    assert len(made) == len(keys)
    assert {job_id for job_id, _ in each} == set(made)
    with client(api_on) as api:
        assert {job["unique"]: job["id"] for job in api.get("/api/jobs").json()["items"]}.keys() == set(keys)
        assert api.get("/api/status").json()["jobs"]["pending"] == len(keys)


def post(api: httpx.Client, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
    return api.post("/api/jobs", json={"command": "true", "delay": 600} | fields, headers=headers)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_an_existing_job_is_answered_with_200(api: httpx.Client, content_type: str) -> None:
    headers = {"Content-Type": content_type}  # by the fast path, and not
    job = {"command": "true", "delay": 600, "unique": unique()}
    first, second = (api.post("/api/jobs", content=json.dumps(job), headers=headers) for _ in range(2))
    assert (first.status_code, first.json()["existing"]) == (201, False)
    assert (second.status_code, second.json()["existing"]) == (200, True)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.json() | {"existing": False} == first.json()
    refused = api.post("/api/jobs", content=json.dumps(job | {"on_conflict": "reject"}), headers=headers)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"job '{first.json()['id']}' holds the unique key '{job['unique']}'"


def test_a_replaced_job_is_answered_and_audited(api: httpx.Client) -> None:
    key = unique()
    job_id = post(api, unique=key).json()["id"]
    replaced = post(api, unique=key, on_conflict="replace", command="other", unique_for=3600)
    assert (replaced.status_code, replaced.json()["id"], replaced.json()["command"]) == (200, job_id, "other")
    assert replaced.json()["unique_for"] == 3600
    post(api, unique=key)  # changes nothing
    entries = api.get("/api/audit", params={"job": job_id}).json()["items"]
    assert [entry["action"] for entry in entries] == ["edit", "enqueue"]


def test_a_repeated_request_with_an_idempotency_key_has_the_same_answer(api: httpx.Client) -> None:
    key = unique()
    post(api, unique=key)
    first, again = (post(api, headers={"Idempotency-Key": f"for {key}"}, unique=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content


def test_a_repeated_batch_with_an_idempotency_key_has_the_same_answer(api: httpx.Client) -> None:
    key, other = unique(), unique()
    existing = post(api, unique=key).json()["id"]
    content = json.dumps([{"command": "true", "delay": 600, "unique": name} for name in (key, other, other)])
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"for {key}"}
    first = api.post("/api/jobs/batch", content=content, headers=headers)
    api.delete(f"/api/jobs/{existing}").raise_for_status()
    again = api.post("/api/jobs/batch", content=content, headers=headers)
    assert (first.status_code, first.json()["count"], first.json()["existing"]) == (201, 3, [existing])
    assert first.json()["ids"][1] == first.json()["ids"][2]
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_batch_of_existing_jobs_is_answered_with_200_and_audited(api: httpx.Client) -> None:
    key = unique()
    job_id = post(api, unique=key).json()["id"]
    answer = api.post("/api/jobs/batch", json=[{"command": "true", "unique": key}] * 2)
    assert answer.status_code == 200
    assert answer.json() == {"count": 2, "ids": [job_id, job_id], "existing": [job_id, job_id]}
    entry = api.get("/api/audit", params={"limit": 1}).json()["items"][0]
    assert (entry["action"], entry["jobs"]) == ("enqueue", 0)


def test_a_refused_batch_names_the_line_and_the_job(api: httpx.Client, store: Store) -> None:
    key = unique()
    job_id = post(api, unique=key).json()["id"]
    lines = [{"command": "true", "queue": key}, {"command": "true", "unique": key, "on_conflict": "reject"}]
    refused = api.post("/api/jobs/batch", content="\n".join(map(json.dumps, lines)), headers=NDJSON)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"line 2: job '{job_id}' holds the unique key '{key}'"
    lines = [{"command": "true", "id": f"{key}-x", "unique": f"{key}x"}] * 2
    lines[1] = lines[1] | {"on_conflict": "reject"}
    refused = api.post("/api/jobs/batch", content="\n".join(map(json.dumps, lines)), headers=NDJSON)
    assert refused.json()["detail"].endswith("(line 1 of this batch)")
    assert store.jobs.page(Filter(queues=(key,)), limit=9).items == []


def test_a_retry_or_copy_is_refused_while_another_job_holds_the_key(api: httpx.Client) -> None:
    key = unique()
    cancelled = post(api, unique=key).json()["id"]
    api.post(f"/api/jobs/{cancelled}/cancel").raise_for_status()
    holder = post(api, unique=key).json()["id"]
    for verb in ("retry", "rerun"):
        refused = api.post(f"/api/jobs/{cancelled}/{verb}")
        assert refused.status_code == 409
        assert f"job '{holder}' holds the unique key" in refused.json()["detail"]
    bulk = api.post("/api/jobs/bulk", json={"action": "retry", "ids": [cancelled]}).json()
    assert (bulk["changed"], bulk["skipped"]) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"unique": ""}, "unique"),
        ({"unique": " \n"}, "unique"),
        ({"unique": "a\0b"}, "unique"),
        ({"unique": "\ud800"}, "unique"),
        ({"unique": "x" * 201}, "unique"),
        ({"unique": 7}, "unique"),
        ({"unique": "k", "unique_for": 0.9}, "unique_for"),
        ({"unique": "k", "unique_for": 40_000_000}, "unique_for"),
        ({"unique": "k", "unique_for": "60"}, "unique_for"),
        ({"unique_for": 60}, "unique_for"),
        ({"unique": None, "unique_for": 60}, "unique_for"),
        ({"on_conflict": "reject"}, "on_conflict"),
        ({"unique": "k", "on_conflict": "ignore"}, "on_conflict"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_the_field(api: httpx.Client, fields: dict[str, Any], field: str) -> None:
    job = {"command": "true"} | fields
    for path, content, place in (
        ("/api/jobs", job, ""),
        ("/api/jobs/batch", [job], ""),
        ("/api/schedules", {"name": "never", "every": 60, "job": job}, "job."),
    ):
        refused = api.post(path, content=json.dumps(content), headers={"Content-Type": "application/json"})
        assert refused.status_code == 422, refused.text
        assert [error["field"] for error in refused.json()["errors"]] == [f"{place}{field}"]


def test_null_means_no_key(api: httpx.Client) -> None:
    nothing = {"unique": None, "unique_for": None, "on_conflict": None}
    answer = post(api, **nothing)
    assert (answer.status_code, answer.json()["unique"]) == (201, None)
    longest = post(api, unique=f"{unique()}".ljust(200, "ü"))
    assert longest.status_code == 201


def test_a_key_cannot_be_edited(api: httpx.Client) -> None:
    job_id = post(api, unique=unique()).json()["id"]
    refused = api.patch(f"/api/jobs/{job_id}", json={"unique": "other"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "unique")
