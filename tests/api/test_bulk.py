"""Many jobs at once: bulk actions, counts, tags."""

import os
from typing import Any

import httpx
import pytest

from queuectl_core.logs import Logs
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from tests.api.playing import claimed, end, ended, unique


def test_named_jobs_are_retried_and_those_that_cannot_be_are_counted(api: httpx.Client, store: Store) -> None:
    dead, done = ended(store, exit_code=1), ended(store)
    answer = api.post("/api/jobs/bulk", json={"action": "retry", "ids": [dead, done, unique()]})
    assert answer.json() == {"changed": 1, "skipped": 2, "next_cursor": None}
    assert store.jobs.get(dead).state == "pending"


def test_all_that_a_filter_chooses_are_deleted_in_steps_with_their_logs(
    api: httpx.Client, store: Store, logs: Logs
) -> None:
    queue = unique()
    with store.transaction():
        for _ in range(501):
            store.queue.enqueue(NewJob(command="true", queue=queue))
    claim = claimed(store, tags=[queue])
    os.close(logs.create(claim.lease.seq, 1))
    end(store, claim)
    first = api.post("/api/jobs/bulk", json={"action": "delete", "filter": {"queue": queue}}).json()
    assert (first["changed"], first["skipped"]) == (500, 0)
    again = {"action": "delete", "filter": {"queue": queue}, "cursor": first["next_cursor"]}
    assert api.post("/api/jobs/bulk", json=again).json() == {"changed": 1, "skipped": 0, "next_cursor": None}
    api.post("/api/jobs/bulk", json={"action": "delete", "filter": {"tag": queue, "state": "completed"}})
    assert not logs.path(claim.lease.seq, 1).exists()


def test_those_that_run_are_asked_to_stop_and_deleted_by_force_only(api: httpx.Client, store: Store) -> None:
    tag = unique()
    claim = claimed(store, tags=[tag])
    assert api.post("/api/jobs/bulk", json={"action": "cancel", "filter": {"tag": tag}}).json()["changed"] == 1
    assert store.jobs.get(claim.job_id).cancelling
    delete = {"action": "delete", "filter": {"tag": tag}}
    assert api.post("/api/jobs/bulk", json=delete).json()["skipped"] == 1
    assert api.post("/api/jobs/bulk", json=delete | {"force": True}).json()["changed"] == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "retry"}, "must hold either ids or filter ({} chooses all jobs), not both"),
        ({"action": "retry", "ids": ["a"], "filter": {}}, "either ids or filter"),
        ({"action": "retry", "ids": []}, "ids"),
        ({"action": "retry", "ids": ["a"], "cursor": "1:2"}, "cursor"),
        ({"action": "retry", "ids": ["a"] * 501}, "ids"),
        ({"action": "purge", "filter": {}}, "action"),
        ({"action": "retry", "filter": {"state": "dying"}}, "filter.state"),
        ({"action": "retry", "filter": {"limit": 5}}, "filter.limit"),
        ({"action": "retry", "filter": {}, "cursor": "5"}, "cursor '5' did not come"),
        ({"action": "delete", "filter": {}, "force": "yes"}, "force"),
    ],
)
def test_what_is_unclear_is_refused_and_changes_nothing(
    api: httpx.Client, store: Store, body: dict[str, Any], said: str
) -> None:
    before = store.jobs.counts()
    refusal = api.post("/api/jobs/bulk", json=body)
    assert refusal.status_code == 422
    assert said in refusal.json()["detail"]
    assert store.jobs.counts() == before


def test_jobs_are_counted_by_filter(api: httpx.Client, store: Store) -> None:
    queue = unique()
    for number in range(3):
        store.queue.enqueue(NewJob(command=f"echo {number}", queue=queue))
    for query, number in (({}, 3), ({"state": "pending,dead"}, 3), ({"state": "dead"}, 0), ({"q": "echo 1"}, 1)):
        assert api.get("/api/count", params={"queue": queue, **query}).json() == {"count": number, "complete": True}


def test_tags_are_suggested(api: httpx.Client, store: Store) -> None:
    word = f"t{unique()}"
    store.queue.enqueue(NewJob(command="true", tags=[f"{word}.b", f"{word}.a", f"{word}.c"]))
    tags = api.get("/api/tags", params={"prefix": word, "limit": 2}).json()["items"]
    assert tags == [f"{word}.a", f"{word}.b"]
    assert api.get("/api/tags", params={"limit": 101}).status_code == 422
