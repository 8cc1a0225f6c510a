"""Many jobs at once: bulk actions, counts, tags."""

from typing import Any

import httpx
import pytest

from queuectl_core.logs.store import LogStore
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end, ended
from tests.names import unique
from tests.output import write_output


def test_named_jobs_are_retried_and_those_that_cannot_be_are_counted(api: httpx.Client, store: Store) -> None:
    dead, done = ended(store, exit_code=1), ended(store)
    answer = api.post("/api/jobs/bulk", json={"action": "retry", "ids": [dead, done, unique()]})
    assert answer.json() == {"changed": 1, "skipped": 2, "next_cursor": None}
    assert store.jobs.get(dead).state == "pending"


def test_all_that_a_filter_chooses_are_deleted_in_steps_with_their_logs(
    api: httpx.Client, store: Store, logs: LogStore
) -> None:
    queue = unique()
    with store.transaction():
        for _ in range(501):
            store.enqueue(NewJob(command="true", queue=queue))
    claim = claimed(store, tags=[queue])
    write_output(logs, claim.lease.seq, 1, b"printed")
    end(store, claim)
    first = api.post("/api/jobs/bulk", json={"action": "delete", "filter": {"queue": queue}}).json()
    assert (first["changed"], first["skipped"]) == (500, 0)
    again = {"action": "delete", "filter": {"queue": queue}, "cursor": first["next_cursor"]}
    assert api.post("/api/jobs/bulk", json=again).json() == {"changed": 1, "skipped": 0, "next_cursor": None}
    api.post("/api/jobs/bulk", json={"action": "delete", "filter": {"tag": queue, "state": "completed"}})
    assert not logs.size(claim.lease.seq, 1)


def test_those_that_run_are_asked_to_stop_and_deleted_by_force_only(api: httpx.Client, store: Store) -> None:
    tag = unique()
    claim = claimed(store, tags=[tag])
    assert api.post("/api/jobs/bulk", json={"action": "cancel", "filter": {"tag": tag}}).json()["changed"] == 1
    assert store.jobs.get(claim.job_id).cancelling
    delete = {"action": "delete", "filter": {"tag": tag}}
    assert api.post("/api/jobs/bulk", json=delete).json()["skipped"] == 1
    assert api.post("/api/jobs/bulk", json=delete | {"force": True}).json()["changed"] == 1


def test_ids_are_found_by_their_beginning_the_whole_one_first(api: httpx.Client, store: Store) -> None:
    name = unique()
    for job_id in (f"{name}-b", f"{name}-a", name, f"{name[:-1]}"):
        store.enqueue(NewJob(id=job_id, command="true"))
    assert api.get("/api/ids", params={"prefix": name}).json() == {"items": [name, f"{name}-a", f"{name}-b"]}
    assert api.get("/api/ids", params={"prefix": name, "limit": 1}).json() == {"items": [name]}
    assert api.get("/api/ids", params={"prefix": f"{name}%"}).json() == {"items": []}
    for refused in ("", "?prefix=", f"?prefix={name}&q=x", f"?prefix={name}&limit=0"):
        assert api.get(f"/api/ids{refused}").status_code == 422


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "retry"}, 'must hold either ids, or a filter with a condition, or "all": true'),
        ({"action": "retry", "filter": {}}, "a filter with a condition"),
        ({"action": "retry", "filter": {"q": None}}, "a filter with a condition"),
        ({"action": "retry", "filter": {"q": ""}}, 'filter.q "": must not be empty'),
        ({"action": "retry", "filter": {"state": ""}}, 'filter.state "": must not be empty'),
        ({"action": "retry", "filter": {"queue": "a,"}}, "filter.queue"),
        ({"action": "retry", "filter": {"q": "x"}, "all": True}, "must hold either"),
        ({"action": "retry", "ids": ["a"], "filter": {}}, "neither filter nor cursor with ids"),
        ({"action": "retry", "ids": []}, "ids"),
        ({"action": "retry", "ids": ["a"], "cursor": "1:2"}, "cursor"),
        ({"action": "retry", "ids": ["a"] * 501}, "ids"),
        ({"action": "purge", "all": True}, "action"),
        ({"action": "retry", "filter": {"state": "dying"}}, "filter.state"),
        ({"action": "retry", "filter": {"limit": 5}}, "filter.limit"),
        ({"action": "retry", "all": True, "cursor": "5"}, "cursor '5' is not valid"),
        ({"action": "delete", "all": True, "force": "yes"}, "force"),
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
        store.enqueue(NewJob(command=f"echo {number}", queue=queue))
    for query, number in (({}, 3), ({"state": "pending,dead"}, 3), ({"state": "dead"}, 0), ({"q": "echo 1"}, 1)):
        assert api.get("/api/count", params={"queue": queue, **query}).json() == {"count": number, "complete": True}


def test_tags_are_suggested(api: httpx.Client, store: Store) -> None:
    word = f"t{unique()}"
    store.enqueue(NewJob(command="true", tags=[f"{word}.b", f"{word}.a", f"{word}.c"]))
    tags = api.get("/api/tags", params={"prefix": word, "limit": 2}).json()["items"]
    assert tags == [f"{word}.a", f"{word}.b"]
    assert api.get("/api/tags", params={"limit": 101}).status_code == 422
