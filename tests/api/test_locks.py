"""Locks of jobs: how they are given and answered, and /api/locks."""

from typing import Any

import httpx
import pytest

from queuectl_core.store.store import Store
from tests.names import unique


def enqueued(api: httpx.Client, lock: Any, **fields: Any) -> dict[str, Any]:
    answer = api.post("/api/jobs", json={"command": "true", "delay": 3600, "lock": lock, **fields})
    return dict(answer.raise_for_status().json())


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("db", {"key": "db", "limit": 1}),
        ({"key": "db"}, {"key": "db", "limit": 1}),
        ({"key": "a/b@c:d", "limit": 3}, {"key": "a/b@c:d", "limit": 3}),
        (None, None),
    ],
)
def test_a_lock_is_a_key_or_a_key_with_a_limit(api: httpx.Client, given: Any, answered: Any) -> None:
    job = enqueued(api, given)
    assert job["lock"] == answered
    assert api.get(f"/api/jobs/{job['id']}").json()["lock"] == answered


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("", "lock.key"),
        ("a=1", "lock.key"),
        (" a", "lock.key"),
        ("x" * 129, "lock.key"),
        ({"key": "a", "limit": 0}, "lock.limit"),
        ({"key": "a", "limit": 1.5}, "lock.limit"),
        ({"key": "a", "limit": "3"}, "lock.limit"),
        ({"limit": 3}, "lock.key"),
        ({"key": "a", "n": 3}, "lock.n"),
        (["a"], "lock"),
        (3, "lock"),
    ],
)
def test_bad_locks_are_refused_by_the_name_of_the_field(api: httpx.Client, given: Any, field: str) -> None:
    answer = api.post("/api/jobs", json={"command": "true", "lock": given})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_lock_is_changed_and_removed(api: httpx.Client) -> None:
    path = f"/api/jobs/{enqueued(api, 'db')['id']}"
    assert api.patch(path, json={"lock": {"key": "db", "limit": 2}}).json()["lock"] == {"key": "db", "limit": 2}
    assert api.patch(path, json={"priority": 1}).json()["lock"] == {"key": "db", "limit": 2}
    assert api.patch(path, json={"lock": None}).json()["lock"] is None


def test_the_jobs_of_a_schedule_have_its_lock(api: httpx.Client, store: Store) -> None:
    name = unique()
    job = {"command": "true", "lock": "db", "queue": unique()}
    api.post("/api/schedules", json={"name": name, "every": 3600, "job": job}).raise_for_status()
    fire = api.post(f"/api/schedules/{name}/run").raise_for_status().json()
    assert api.get(f"/api/jobs/{fire['job']}").json()["lock"] == {"key": "db", "limit": 1}
    api.delete(f"/api/schedules/{name}").raise_for_status()


def test_locks_are_listed_page_by_page(api: httpx.Client) -> None:
    first, second = sorted((unique(), unique()))
    enqueued(api, {"key": second, "limit": 3})
    enqueued(api, first)
    enqueued(api, first)
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (
            api.get("/api/locks", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
            .raise_for_status()
            .json()
        )
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [lock for lock in found if lock["key"] in (first, second)] == [
        {"key": first, "limits": [1], "running": 0, "waiting": 2},
        {"key": second, "limits": [3], "running": 0, "waiting": 1},
    ]
