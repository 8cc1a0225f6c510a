"""GET /api/events: every change, whichever process made it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.feed import KEPT_EVENTS
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end
from tests.names import unique
from tests.running import migrate, running_api
from tests.signed_in import client, http
from tests.store.attempts import register, take


def messages(response: httpx.Response) -> Iterator[tuple[str, Any, str]]:
    """(event, data, id) as they come."""
    event: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        else:
            if "event" in event:
                yield event["event"], json.loads(event["data"]), event.get("id", "")
            event = {}


def test_a_database_that_is_gone_is_told_before_the_stream_begins(tmp_path: Path) -> None:
    migrate(tmp_path)
    database = tmp_path / "queue.db"
    with running_api(tmp_path) as url:
        away = database.rename(tmp_path / "away.db")
        answer = http.get(f"{url}/api/events")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        away.rename(database)
        with http.stream("GET", f"{url}/api/events") as response:
            assert next(messages(response))[0] == "status"


def changes_of(job_id: str, stream: Iterator[tuple[str, Any, str]]) -> Iterator[str]:
    for event, data, _ in stream:
        if event == "jobs":
            yield from (change["state"] for change in data if change["id"] == job_id)


def test_it_begins_with_the_status(api: httpx.Client) -> None:
    with api.stream("GET", "/api/events") as response:
        event, data, _ = next(messages(response))
    assert event == "status"
    assert data.keys() == api.get("/api/status").json().keys()


def test_every_state_of_a_job_is_told_in_order(api: httpx.Client, store: Store) -> None:
    queue = unique()
    with api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        job_id = store.enqueue(NewJob(command="true", queue=queue, backoff_base=0))
        [claim] = take(store, "api-tests", 1, [queue])
        end(store, claim, exit_code=1)
        [claim] = take(store, "api-tests", 1, [queue])
        end(store, claim)
        store.actions.delete(job_id)
        told = changes_of(job_id, stream)
        expected = ["pending", "processing", "failed", "processing", "completed", "deleted"]
        assert [next(told) for _ in expected] == expected


def test_a_change_made_over_http_is_told_too(api: httpx.Client, url: str) -> None:
    with client(url) as other, api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        job_id = other.post("/api/jobs", json={"command": "true", "queue": unique()}).json()["id"]
        assert next(changes_of(job_id, stream)) == "pending"


def test_a_stream_goes_on_where_it_broke_off(api: httpx.Client, store: Store) -> None:
    first = claimed(store)
    with api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        end(store, first)
        last = next(event_id for event, _, event_id in stream if event == "jobs")
    missed = claimed(store)
    with api.stream("GET", "/api/events", headers={"Last-Event-ID": last}) as response:
        assert next(changes_of(missed.job_id, messages(response))) == "pending"


def test_who_was_cut_off_after_the_first_event_misses_nothing(api: httpx.Client, store: Store) -> None:
    with api.stream("GET", "/api/events") as response:
        _, _, seen = next(messages(response))
    job = store.enqueue(NewJob(command="true"))
    with api.stream("GET", "/api/events", headers={"Last-Event-ID": seen}) as response:
        assert next(changes_of(job, messages(response))) == "pending"


def test_who_missed_too_much_is_told_to_look_again(api: httpx.Client) -> None:
    for unknown in ("999999999999", "nonsense", "9" * 5000):
        with api.stream("GET", "/api/events", headers={"Last-Event-ID": unknown}) as response:
            assert next(messages(response))[0] == "reset"


def test_who_reads_slower_than_changes_are_forgotten_is_told_to_look_again(api: httpx.Client, store: Store) -> None:
    with api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        with store.transaction():
            for _ in range(KEPT_EVENTS + 1):
                store.config.set("timeout", 5)
            store.config.unset("timeout")
            store.feed.trim()
        assert next(event for event, _, _ in stream if event in ("reset", "config")) == "reset"


def test_workers_that_come_and_go_are_told(api: httpx.Client, store: Store) -> None:
    name = unique()
    with api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        listed = ([worker["id"] for worker in data["items"]] for event, data, _ in stream if event == "workers")
        register(store, name)
        assert any(name in workers for workers in listed)
        store.workers.unregister(name)
        assert any(name not in workers for workers in listed)


def test_changed_settings_of_queues_and_of_the_system_are_told(api: httpx.Client, url: str) -> None:
    with client(url) as other, api.stream("GET", "/api/events") as response:
        stream = messages(response)
        next(stream)
        other.patch(f"/api/queues/{unique()}", json={"concurrency_limit": 3})
        assert next(data for event, data, _ in stream if event == "queues") == {}
        other.patch(f"/api/queues/{(name := unique())}", json={"paused": True})
        assert next(data for event, data, _ in stream if event == "queues") == {}
        other.delete(f"/api/queues/{name}").raise_for_status()
        assert next(data for event, data, _ in stream if event == "queues") == {}
        other.put("/api/config/backoff-jitter", json={"value": 0})
        assert next(data for event, data, _ in stream if event == "config") == {}


def test_where_nothing_happens_that_is_told_too(tmp_path: Path) -> None:
    migrate(tmp_path)
    with running_api(tmp_path) as url, http.stream("GET", f"{url}/api/events", timeout=60) as response:
        stream = messages(response)
        assert next(stream) == next(stream)
