"""A request with an Idempotency-Key is carried out once, however often it is sent."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.answers import KEPT_SECONDS
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, ended
from tests.names import unique
from tests.opened import opened, session_of
from tests.running import migrate, running_api
from tests.signed_in import created, http

JSON, NDJSON = "application/json", "application/x-ndjson"
Send = Callable[..., httpx.Response]


def jobs_in(store: Store, queue: str) -> int:
    return len(store.jobs.page(Filter(queues=(queue,)), limit=500).items)


def told(api: httpx.Client, job_id: str) -> list[str]:
    """What was done to a job, as the audit log tells it."""
    return [line["action"] for line in api.get("/api/audit", params={"job": job_id}).json()["items"]]


@pytest.fixture(params=["one job", "an array", "NDJSON"])
def enqueue(request: pytest.FixtureRequest, api: httpx.Client) -> Send:
    """Enqueue a job by one of the ways, with a key: `enqueue(key, …)`."""

    def send(key: str, headers: dict[str, str] | None = None, **job: Any) -> httpx.Response:
        one = json.dumps({"command": "true", "delay": 60} | job)
        kind = NDJSON if request.param == "NDJSON" else JSON
        path = "/api/jobs" if request.param == "one job" else "/api/jobs/batch"
        content = f"[{one}]" if request.param == "an array" else one
        given = {"Content-Type": kind, "Idempotency-Key": key} | (headers or {})
        return api.post(path, content=content, headers=given)

    return send


def test_an_enqueue_that_is_sent_again_is_answered_as_it_was(enqueue: Send, store: Store) -> None:
    queue, key = unique(), unique()
    first = enqueue(key, queue=queue, env={"A": "b"}, tags=["a"], timeout=5)
    again = enqueue(key, queue=queue, env={"A": "b"}, tags=["a"], timeout=5)
    assert (first.status_code, jobs_in(store, queue)) == (201, 1)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers.get("location") == first.headers.get("location")
    assert enqueue(unique(), queue=queue, env={"A": "b"}, tags=["a"], timeout=5).json() != first.json()
    assert jobs_in(store, queue) == 2


def test_the_answer_stays_whatever_became_of_the_job(enqueue: Send, api: httpx.Client, store: Store) -> None:
    queue, key = unique(), unique()
    first = enqueue(key, queue=queue)
    [job] = store.jobs.page(Filter(queues=(queue,)), limit=9).items
    api.delete(f"/api/jobs/{job.id}").raise_for_status()
    assert enqueue(key, queue=queue).content == first.content
    assert jobs_in(store, queue) == 0


def test_another_request_with_the_key_is_refused(enqueue: Send, api: httpx.Client, store: Store) -> None:
    queue, key = unique(), unique()
    enqueue(key, queue=queue).raise_for_status()
    for refusal in (
        enqueue(key, queue=queue, priority=1),
        api.post(f"/api/jobs/{unique()}/cancel", headers={"Idempotency-Key": key}),
        api.post("/api/jobs?optional_cwd=true", json={"command": "true"}, headers={"Idempotency-Key": key}),
    ):
        assert refusal.status_code == 422
        assert refusal.headers["content-type"] == "application/problem+json"
        assert "this Idempotency-Key was used for another request" in refusal.json()["detail"]
    assert jobs_in(store, queue) == 1


def test_the_same_bytes_as_another_kind_are_another_request(api: httpx.Client) -> None:
    key, content = unique(), '{"command": "true", "delay": 60}'
    headers = {"Content-Type": NDJSON, "Idempotency-Key": key}
    assert api.post("/api/jobs/batch", content=content, headers=headers).status_code == 201
    assert api.post("/api/jobs/batch", content=content, headers=headers | {"Content-Type": JSON}).status_code == 422


def test_a_refusal_is_not_kept(enqueue: Send, store: Store) -> None:
    queue, key, taken = unique(), unique(), unique()
    store.enqueue(NewJob(id=taken, command="other"))
    assert enqueue(key, queue=queue, id=taken).status_code == 409
    assert enqueue(key, queue=queue, priority="high").status_code == 422
    store.actions.delete(taken)
    assert enqueue(key, queue=queue, id=taken).status_code == 201
    assert enqueue(key, queue=queue, id=taken).status_code == 201


def test_a_key_is_that_of_its_token(enqueue: Send, api: httpx.Client, store: Store) -> None:
    queue, key = unique(), unique()
    first = enqueue(key, queue=queue)
    name, other = created(api, "operator")
    theirs = enqueue(key, other, queue=queue)
    assert (theirs.status_code, jobs_in(store, queue)) == (201, 2)
    assert theirs.json() != first.json()
    assert enqueue(key, other, queue=queue).json() == theirs.json()
    assert enqueue(key, queue=queue).json() == first.json()
    api.delete(f"/api/tokens/{name}").raise_for_status()
    token = api.post("/api/tokens", json={"name": name, "role": "operator"}).json()["token"]
    assert enqueue(key, {"Authorization": f"Bearer {token}"}, queue=queue).json() != theirs.json()


def test_the_role_counts_before_the_key(enqueue: Send, api: httpx.Client) -> None:
    key, (_, viewer) = unique(), created(api, "viewer")
    assert enqueue(key, queue=unique()).status_code == 201
    assert enqueue(key, viewer, queue="other").status_code == 403
    assert enqueue('"', viewer).status_code == 403
    assert enqueue(key, {"Authorization": "Bearer none"}).status_code == 401


@pytest.mark.parametrize("key", ["", "x" * 256, 'a"b', '"', '""', "back\\slash", '"open', "tab\tin it"])
def test_what_is_no_key_is_refused(enqueue: Send, store: Store, key: str) -> None:
    queue = unique()
    refusal = enqueue(key, queue=queue)
    assert refusal.status_code == 422
    assert refusal.json()["errors"][0]["field"] == "Idempotency-Key"
    assert "must be 1 to 255 characters" in refusal.json()["detail"]
    assert jobs_in(store, queue) == 0


def test_a_key_given_twice_is_refused(api: httpx.Client) -> None:
    headers = [("Idempotency-Key", unique()), ("Idempotency-Key", unique())]
    refusal = api.post("/api/jobs", json={"command": "true"}, headers=headers)
    assert (refusal.status_code, refusal.json()["detail"]) == (422, "Idempotency-Key: is given twice: give it once")


def test_the_quotes_of_the_draft_do_not_count(enqueue: Send) -> None:
    key, queue = f"{unique()} of today!", unique()
    assert enqueue(f'"{key}"', queue=queue).json() == enqueue(key, queue=queue).json()


@pytest.mark.parametrize("path", ["/api/jobs/{}/retry", "/api/dlq/{}/retry"])
def test_a_retry_is_carried_out_once(api: httpx.Client, store: Store, path: str) -> None:
    job_id, headers = ended(store, exit_code=1), {"Idempotency-Key": unique()}
    first = api.post(path.format(job_id), headers=headers)
    assert (first.status_code, first.json()["state"]) == (200, "pending")
    store.actions.cancel(job_id)
    again = api.post(path.format(job_id), headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    assert store.jobs.get(job_id).state is State.CANCELLED
    assert told(api, job_id) == ["retry"]


def test_a_cancel_is_carried_out_once(api: httpx.Client, store: Store) -> None:
    job_id, headers = store.enqueue(NewJob(command="true", delay=60)), {"Idempotency-Key": unique()}
    first = api.post(f"/api/jobs/{job_id}/cancel", headers=headers)
    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert api.post(f"/api/jobs/{job_id}/cancel", headers={"Idempotency-Key": unique()}).status_code == 409
    store.actions.retry(job_id)
    assert api.post(f"/api/jobs/{job_id}/cancel", headers=headers).content == first.content
    assert store.jobs.get(job_id).state is State.PENDING


def test_what_is_being_cancelled_is_cancelled_again_by_anybody(api: httpx.Client, store: Store) -> None:
    job_id = claimed(store).job_id
    answers = [api.post(f"/api/jobs/{job_id}/cancel") for _ in range(2)]
    assert [(answer.status_code, answer.json()["cancelling"]) for answer in answers] == [(200, True)] * 2
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/session", {"token": "wrong"}),
        ("POST", "/api/session/link", None),
        ("POST", "/api/tokens", {"name": "once", "role": "viewer"}),
        ("POST", "/api/jobs/bulk", {"action": "cancel", "ids": ["a"]}),
        ("POST", "/api/dlq/retry", None),
        ("PATCH", "/api/queues/q", {"paused": True}),
    ],
)
def test_where_a_key_does_not_count_it_is_refused(api: httpx.Client, method: str, path: str, body: object) -> None:
    refusal = api.request(method, path, json=body, headers={"Idempotency-Key": unique()})
    assert refusal.status_code == 422
    assert refusal.json()["detail"] == "Idempotency-Key: is not supported by this endpoint: leave it out"
    assert api.get("/api/status", headers={"Idempotency-Key": unique()}).status_code == 200


def test_many_at_once_are_one(enqueue: Send, store: Store) -> None:
    queue, key, together = unique(), unique(), threading.Barrier(8)

    def send() -> httpx.Response:
        together.wait()
        while (answer := enqueue(key, queue=queue)).status_code == 409:
            assert answer.json()["detail"].startswith("a request with this Idempotency-Key is in progress")
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(send) for _ in range(8)]]
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert jobs_in(store, queue) == 1


def test_a_large_batch_is_answered_again_from_a_few_bytes(api: httpx.Client, store: Store) -> None:
    queue, job_id, headers = unique(), unique(), {"Content-Type": NDJSON, "Idempotency-Key": unique()}
    jobs = [{"command": f"echo {number}", "queue": queue, "delay": 3600} for number in range(5000)]
    jobs[1234]["id"] = job_id
    content = "\n".join(map(json.dumps, jobs))
    first, again = (api.post("/api/jobs/batch", content=content, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert first.json()["ids"][1234] == job_id
    assert len(set(first.json()["ids"])) == 5000
    assert store.jobs.count(Filter(queues=(queue,))) == (5000, True)


def test_a_key_counts_for_a_day(tmp_path: Path) -> None:
    migrate(tmp_path)
    job, headers = {"command": "true", "delay": 60}, {"Idempotency-Key": "of the day"}

    def age(seconds: float) -> None:
        with store.transaction():
            session_of(store).execute("UPDATE answer SET at = ?", (time.time() - KEPT_SECONDS + seconds,))

    with running_api(tmp_path, api_processes=1) as url, opened(tmp_path / "queue.db") as store:

        def send() -> Any:
            return http.post(f"{url}/api/jobs", json=job, headers=headers).raise_for_status().json()["id"]

        first = send()
        age(60)
        assert send() == first
        age(-1)
        second = send()
        assert second != first
        assert send() == second
        with store.transaction():  # as a version kept it that knows less of a job, or more
            session_of(store).execute('UPDATE answer SET content = \'{"id": "older", "colour": "red"}\'')
        assert http.post(f"{url}/api/jobs", json=job, headers=headers).json() == {"id": "older", "colour": "red"}
