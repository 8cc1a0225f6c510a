"""/api/queues, and what /api/workers says of running jobs."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from queuectl_core.store.store import Store
from tests.api.attempts import claimed, ended
from tests.names import unique
from tests.store.attempts import register, take


def listed(api: httpx.Client, name: str) -> dict[str, Any] | None:
    """A queue as the list has it."""
    items = api.get("/api/queues").raise_for_status().json()["items"]
    return next((item for item in items if item["name"] == name), None)


def test_a_queue_is_listed_with_what_it_holds(api: httpx.Client, store: Store) -> None:
    name = unique()
    assert listed(api, name) is None
    api.post("/api/jobs", json={"command": "true", "queue": name, "id": f"{name}-1"})
    api.post("/api/jobs", json={"command": "true", "queue": name, "delay": 3600})
    queue = listed(api, name)
    assert queue is not None
    assert (queue["paused"], queue["concurrency_limit"], queue["ready"]) == (False, None, 1)
    assert (queue["jobs"]["pending"], queue["oldest"], len(queue["completed"])) == (2, f"{name}-1", 30)
    assert queue["latency"] > 0


def test_what_is_left_out_of_a_change_stays(api: httpx.Client, store: Store) -> None:
    path = f"/api/queues/{(name := unique())}"

    def changed(**change: object) -> tuple[bool, int | None]:
        queue = api.patch(path, json=change).raise_for_status().json()
        del queue["new"]
        assert queue == (listed(api, name) or queue), "as the list has it, or as one that is not listed any more"
        return queue["paused"], queue["concurrency_limit"]

    assert changed(paused=True) == (True, None)
    assert changed(concurrency_limit=2) == (True, 2)
    assert changed(paused=False) == (False, 2)
    assert changed() == (False, 2)
    assert changed(paused=True, concurrency_limit=None) == (True, None)
    assert changed(paused=False) == (False, None)
    assert listed(api, name) is None, "there is nothing to say of it"


def test_a_queue_takes_only_the_commands_on_its_list(api: httpx.Client, store: Store) -> None:
    path = f"/api/queues/{(name := unique())}"
    queue = api.patch(path, json={"commands": ["ffmpeg *", "/srv/nightly.sh"]}).raise_for_status().json()
    assert queue["commands"] == ["ffmpeg *", "/srv/nightly.sh"]
    assert (listed(api, name) or {}).items() <= queue.items()
    good, bad = ({"command": command, "queue": name} for command in ("ffmpeg -i a.mov", "ffmpeg; rm -rf /"))
    job = api.post("/api/jobs", json=good).raise_for_status().json()
    said = f"queue '{name}' does not accept the command 'ffmpeg; rm -rf /'; allowed: 'ffmpeg *', '/srv/nightly.sh'"
    for answer in (
        api.post("/api/jobs", json=bad),
        api.post("/api/jobs/batch", json=[good, bad]),
        api.patch(f"/api/jobs/{job['id']}", json={"command": bad["command"]}),
    ):
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    assert api.post("/api/jobs/batch", json=[good, bad]).json()["detail"].startswith("item 2: ")
    surrounded = api.post("/api/jobs", json=good | {"env": {"PATH": "/tmp"}})
    assert "without env and cwd: omit them" in surrounded.json()["detail"]
    assert api.patch(path, json={"commands": None}).json()["commands"] is None
    assert api.post("/api/jobs", json=bad | {"delay": 3600}).status_code == 201


@pytest.fixture
def default(api: httpx.Client) -> Iterator[list[str]]:
    """The list of queues without one."""
    commands = ["ffmpeg *", "/srv/nightly.sh"]
    api.put("/api/config/default-commands", json={"value": commands}).raise_for_status()
    yield commands
    api.put("/api/config/default-commands", json={"value": None}).raise_for_status()


def test_a_queue_that_nobody_thought_of_takes_only_the_default(api: httpx.Client, default: list[str]) -> None:
    name = unique()
    good, bad = ({"command": command, "queue": name} for command in ("ffmpeg a.mov", "sh -c 'rm x'"))
    listed_one = unique()
    api.patch(f"/api/queues/{listed_one}", json={"commands": ["*"]}).raise_for_status()
    job = api.post("/api/jobs", json=good).raise_for_status().json()
    free = api.post("/api/jobs", json=bad | {"queue": listed_one, "delay": 3600}).raise_for_status().json()
    said = f"queue '{name}', which has no list of its own, does not accept the command"
    for answer in (
        api.post("/api/jobs", json=bad),
        api.post("/api/jobs", json=bad | {"priority": 1}, headers={"Content-Type": "application/json; charset=utf-8"}),
        api.post("/api/jobs/batch", json=[good, bad]),
        api.patch(f"/api/jobs/{job['id']}", json={"command": bad["command"]}),
        api.patch(f"/api/jobs/{free['id']}", json={"queue": name}),
    ):
        assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
    assert (listed(api, name) or {})["commands"] is None, "of its own"


@pytest.fixture
def dead(store: Store) -> str:
    """The id of a dead job."""
    return ended(store, exit_code=1, command="rm x")


def test_what_the_default_does_not_hold_is_not_retried(api: httpx.Client, dead: str, default: list[str]) -> None:
    for answer in (api.post(f"/api/jobs/{dead}/retry"), api.post(f"/api/dlq/{dead}/retry")):
        assert (answer.status_code, "no list of its own" in answer.json()["detail"]) == (422, True)
    assert api.post("/api/dlq/retry", params={"q": dead}).json() == {"count": 0}
    bulk = api.post("/api/jobs/bulk", json={"action": "retry", "ids": [dead]}).json()
    assert (bulk["changed"], bulk["skipped"]) == (0, 1)


def test_what_is_not_on_the_list_is_not_retried(api: httpx.Client, store: Store) -> None:
    dead = ended(store, exit_code=1)
    name = store.jobs.get(dead).queue
    api.patch(f"/api/queues/{name}", json={"commands": []})
    for answer in (api.post(f"/api/jobs/{dead}/retry"), api.post(f"/api/dlq/{dead}/retry")):
        assert (answer.status_code, "allowed: none" in answer.json()["detail"]) == (422, True)
    assert api.post("/api/dlq/retry", params={"queue": name}).json() == {"count": 0}
    bulk = api.post("/api/jobs/bulk", json={"action": "retry", "ids": [dead]}).json()
    assert (bulk["changed"], bulk["skipped"]) == (0, 1)


def test_a_change_counts_for_claims_at_once(api: httpx.Client, store: Store) -> None:
    name = unique()
    for _ in range(3):
        api.post("/api/jobs", json={"command": "true", "queue": name})
    api.patch(f"/api/queues/{name}", json={"paused": True})
    assert take(store, "api-tests", 3, [name]) == []
    api.patch(f"/api/queues/{name}", json={"paused": False, "concurrency_limit": 2})
    assert len(take(store, "api-tests", 3, [name])) == 2


@pytest.mark.parametrize("change", [{"paused": True}, {"concurrency_limit": 2}, {"commands": []}, {"paused": False}])
def test_a_change_tells_whether_the_queue_is_new(api: httpx.Client, change: dict[str, object]) -> None:
    path = f"/api/queues/{(name := unique())}"
    assert api.patch(path, json=change).json()["new"] is True
    assert api.patch(path, json=change).json()["new"] is (listed(api, name) is None), "nothing was set, or it is known"
    api.post("/api/jobs", json={"command": "true", "queue": (held := unique())})
    assert api.patch(f"/api/queues/{held}", json=change).json()["new"] is False


def test_a_queue_is_deleted_once_it_is_empty(api: httpx.Client) -> None:
    path = f"/api/queues/{(name := unique())}"
    api.patch(path, json={"paused": True, "commands": ["true"]}).raise_for_status()
    for job_id in (f"{name}-1", f"{name}-2"):
        api.post("/api/jobs", json={"command": "true", "queue": name, "id": job_id}).raise_for_status()
    api.post(f"/api/jobs/{name}-1/cancel").raise_for_status()
    refused = api.delete(path)
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith(f"queue '{name}' holds 2 jobs (1 pending, 1 cancelled): delete them")
    assert (listed(api, name) or {})["paused"] is True
    for job_id in (f"{name}-1", f"{name}-2"):
        api.delete(f"/api/jobs/{job_id}").raise_for_status()
    gone = api.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert listed(api, name) is None
    again = api.delete(path)
    assert (again.status_code, again.json()["detail"]) == (404, f"no queue has the name '{name}'")
    assert api.post("/api/jobs", json={"command": "anything else", "queue": name}).status_code == 201


def test_a_queue_for_which_something_is_set_alone_can_be_deleted(api: httpx.Client) -> None:
    path = f"/api/queues/{unique()}"
    api.patch(path, json={"concurrency_limit": 2}).raise_for_status()
    assert api.delete(path).status_code == 204
    assert api.patch(path, json={}).json()["concurrency_limit"] is None


def test_a_queue_that_cannot_be_is_refused_by_its_name(api: httpx.Client) -> None:
    answer = api.delete("/api/queues/a b")
    assert (answer.status_code, 'name "a b": must be 1 to 64 letters' in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("a b", {"paused": True}, 'name "a b": must be 1 to 64 letters'),
        ("q", {"paused": None}, "paused: must be a valid boolean"),
        ("q", {"paused": "yes"}, 'paused "yes": must be a valid boolean'),
        ("q", {"concurrency_limit": 0}, "concurrency_limit 0: must be greater than or equal to 1"),
        ("q", {"concurrency_limit": True}, "concurrency_limit true: must be a number, not bool"),
        ("q", {"concurrency_limit": 1.5}, "concurrency_limit 1.5: must be a valid integer"),
        ("q", {"limit": 1}, "limit: unknown field"),
    ],
)
def test_a_bad_change_is_refused_with_the_reason(api: httpx.Client, name: str, change: object, said: str) -> None:
    answer = api.patch(f"/api/queues/{name}", json=change)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_queues_are_measured(api: httpx.Client, store: Store) -> None:
    queue = claimed(store).queue
    api.post("/api/jobs", json={"command": "true", "queue": queue})
    api.patch(f"/api/queues/{queue}", json={"paused": True})
    figures = dict(line.rsplit(" ", 1) for line in api.get("/metrics").text.splitlines() if f'"{queue}"' in line)
    of_queue = {
        name: float(figures[f'queuectl_queue_{name}{{queue="{queue}"}}']) for name in ("ready", "running", "paused")
    }
    assert of_queue == {"ready": 1, "running": 1, "paused": 1}
    assert float(figures[f'queuectl_queue_latency_seconds{{queue="{queue}"}}']) > 0


def test_a_worker_is_listed_with_what_it_runs(api: httpx.Client, store: Store) -> None:
    queue, name = unique(), register(store, unique())
    for command in ("true 1", "true 2"):
        api.post("/api/jobs", json={"command": command, "queue": queue})
        take(store, name, 1, [queue])
    [worker] = [worker for worker in api.get("/api/workers").json()["items"] if worker["id"] == name]
    assert worker["busy"] == 2
    assert [(job["command"], job["queue"], job["attempts"]) for job in worker["running"]] == [
        ("true 1", queue, 1),
        ("true 2", queue, 1),
    ]
    assert len(api.post(f"/api/workers/{name}/drain").json()["running"]) == 2
    store.workers.unregister(name)
