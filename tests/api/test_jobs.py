"""Lists, and what can be done with one job."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from queuectl_core.logs.store import LogStore
from queuectl_core.model.attempt import NOTHING, Ended, Used
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.usage import Usage
from queuectl_core.store.store import Store
from tests.api.attempts import claimed, end, ended
from tests.names import unique
from tests.output import write_output
from tests.running import eventually
from tests.store.attempts import take


def test_a_list_is_paged_and_filtered(api: httpx.Client, store: Store) -> None:
    queue = unique()
    ids = [store.enqueue(NewJob(command=f"echo {n}", queue=queue)) for n in range(5)]
    store.actions.cancel(ids[0])
    first = api.get("/api/jobs", params={"queue": queue, "limit": 3}).json()
    assert [job["id"] for job in first["items"]] == ids[:1:-1]
    second = api.get("/api/jobs", params={"queue": queue, "limit": 3, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in second["items"]] == ids[1::-1]
    assert second["next_cursor"] is None
    pending = api.get("/api/jobs", params={"queue": queue, "state": "pending,dead", "sort": "created_at", "q": "ECHO"})
    assert [job["id"] for job in pending.json()["items"]] == ids[1:]


def test_a_list_goes_by_the_end_and_by_the_time(api: httpx.Client, store: Store) -> None:
    queue = unique()
    first = claimed(store, command="echo 1", tags=[queue])
    second = ended(store, exit_code=3, command="echo 2", tags=[queue])
    end(store, first)
    everything = {"tag": queue, "sort": "-finished_at"}
    page = api.get("/api/jobs", params=everything | {"limit": 1}).json()
    assert [job["id"] for job in page["items"]] == [first.job_id]
    page = api.get("/api/jobs", params=everything | {"cursor": page["next_cursor"]}).json()
    assert [job["id"] for job in page["items"]] == [second]
    since = (datetime.fromisoformat(page["items"][0]["created_at"]) + timedelta(milliseconds=1)).isoformat()
    for narrowed, found in (
        ({"since": since}, []),
        ({"until": since}, [second, first.job_id]),
        ({"worker": "api-tests", "error": "STATUS 3"}, [second]),
        ({"command": "echo 1"}, [first.job_id]),
        ({"failure": "echo … ⇒ exit status 3"}, [second]),
    ):
        listed = api.get("/api/jobs", params={"tag": queue} | narrowed).json()["items"]
        assert [job["id"] for job in listed] == found, narrowed


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("state", "dying", "pending, processing, completed"),
        ("state", "", "must not be empty"),
        ("limit", "0", "greater than or equal to 1"),
        ("limit", "501", "500"),
        ("limit", "many", "integer"),
        ("sort", "command", "created_at"),
        ("cursor", "nonsense", "is not valid for this list"),
        ("since", "yesterday", "must be a time such as 2026"),
        ("since", "1700000000", "must be a time such as 2026"),
        ("until", "2026-01-31T09:30:00", "must have timezone info"),
        ("colour", "red", "unknown parameter"),
    ],
)
def test_a_bad_parameter_is_named(api: httpx.Client, parameter: str, value: str, said: str) -> None:
    refusal = api.get("/api/jobs", params={parameter: value})
    assert refusal.status_code == 422
    assert parameter in refusal.json()["detail"]
    assert said in refusal.json()["detail"]


@pytest.mark.parametrize("job_id", ["nope", "x" * 10_240, "%00", "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A5", "a%0d%0ab"])
@pytest.mark.parametrize("path", ["/api/jobs/{}", "/api/logs/{}"])
def test_an_impossible_id_is_just_not_found(api: httpx.Client, path: str, job_id: str) -> None:
    answer = api.get(path.format(job_id))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) < 300


def test_what_a_running_command_uses_is_shown_while_it_runs(api: httpx.Client, store: Store) -> None:
    claim = claimed(store)
    job = f"/api/jobs/{claim.job_id}"
    assert api.get(job).json()["usage"] is None
    usages = store.usages
    usages.write("api-tests", {claim.lease.key: Usage(1.5, cpu=1.2, cpu_seconds=3.4, memory_bytes=4096, processes=2)})
    assert api.get(job).json()["usage"] == {
        "at": "1970-01-01T00:00:01.500Z",
        "cpu": 1.2,
        "cpu_seconds": 3.4,
        "memory_bytes": 4096,
        "processes": 2,
    }
    used = Used(cpu_seconds=5.6, memory_bytes=8192)
    store.reports.complete(claim.lease, Ended(0, None, NOTHING, used))
    shown = api.get(job).json()
    assert shown["usage"] is None
    [attempt] = shown["history"]
    assert (attempt["cpu_seconds"], attempt["memory_bytes"]) == (5.6, 8192)
    assert attempt["due_at"] == shown["created_at"]
    usages.remove("api-tests")


def test_the_history_tells_every_attempt(api: httpx.Client, store: Store) -> None:
    claim = claimed(store, backoff_base=0)
    end(store, claim, exit_code=3)
    [again] = take(store, "api-tests", 1, [claim.queue])
    end(store, again)
    job = api.get(f"/api/jobs/{claim.job_id}").json()
    assert (job["state"], job["attempts"], job["worker"]) == ("completed", 2, "api-tests")
    assert [(a["number"], a["state"], a["exit_code"], a["error"]) for a in job["history"]] == [
        (1, "failed", 3, "exit status 3"),
        (2, "completed", 0, None),
    ]


def test_cancelling_says_whether_it_still_runs(api: httpx.Client, store: Store) -> None:
    waiting = store.enqueue(NewJob(command="true"))
    assert api.post(f"/api/jobs/{waiting}/cancel").json()["state"] == "cancelled"
    running = claimed(store)
    job = api.post(f"/api/jobs/{running.job_id}/cancel").json()
    assert (job["state"], job["cancelling"]) == ("processing", True)
    refusal = api.post(f"/api/jobs/{waiting}/cancel")
    assert refusal.status_code == 409
    assert "is cancelled: it has already ended" in refusal.json()["detail"]


@pytest.mark.parametrize(
    ("kept", "told"),
    [(-15, (143, "SIGTERM")), (-9, (137, "SIGKILL")), (143, (143, None)), (3, (3, None)), (-39, (167, "signal 39"))],
)
def test_a_signal_is_told_as_a_shell_tells_it(
    api: httpx.Client, store: Store, kept: int, told: tuple[int, str | None]
) -> None:
    command = f"true # {unique()}"
    job = api.get(f"/api/jobs/{ended(store, exit_code=kept, command=command)}").json()
    [run] = api.get(f"/api/jobs/{job['id']}/runs").json()["items"]
    [listed] = api.get("/api/jobs", params={"command": command}).json()["items"]
    for shown in (job, *job["history"], run, listed):
        assert (shown["exit_code"], shown["signal"]) == told


def test_a_job_is_run_again_as_a_new_one(api: httpx.Client, store: Store) -> None:
    old = ended(store, command="echo $A", env={"A": "b"}, priority=3)
    answer = api.post(f"/api/jobs/{old}/rerun")
    new = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/jobs/{new['id']}")
    assert new["id"] != old
    assert (new["state"], new["command"], new["env"], new["priority"]) == ("pending", "echo $A", {"A": "b"}, 3)
    assert api.get(f"/api/jobs/{old}").json()["state"] == "completed"
    assert api.post(f"/api/jobs/{unique()}/rerun").status_code == 404


def test_only_what_failed_can_be_retried(api: httpx.Client, store: Store) -> None:
    dead, done = ended(store, exit_code=1), ended(store)
    assert api.post(f"/api/jobs/{dead}/retry").json()["state"] == "pending"
    assert api.post(f"/api/jobs/{done}/retry").status_code == 409


def test_a_job_that_waits_is_changed(api: httpx.Client, store: Store) -> None:
    job_id = store.enqueue(NewJob(command="true", tags=["old"], timeout=5))
    answer = api.patch(f"/api/jobs/{job_id}", json={"command": "false", "delay": 60, "timeout": None, "tags": []})
    assert answer.status_code == 200
    job = answer.json()
    assert (job["command"], job["timeout"], job["tags"], job["queue"]) == ("false", None, [], "default")
    assert api.patch(f"/api/jobs/{ended(store)}", json={"command": "false"}).status_code == 409
    assert api.patch(f"/api/jobs/{unique()}", json={"command": "false"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "body"), ({"command": None}, "command"), ({"queue": ""}, "queue"), ({"state": "dead"}, "state")],
)
def test_a_change_that_cannot_be_names_the_field(
    api: httpx.Client, store: Store, body: dict[str, Any], field: str
) -> None:
    job_id = store.enqueue(NewJob(command="true"))
    refusal = api.patch(f"/api/jobs/{job_id}", json=body)
    assert (refusal.status_code, refusal.json()["errors"][0]["field"]) == (422, field)


def test_earlier_runs_of_a_command_are_told(api: httpx.Client, store: Store) -> None:
    command = f"echo {unique()}"
    failed, done = ended(store, exit_code=3, command=command), ended(store, command=command)
    first, second = api.get(f"/api/jobs/{done}/runs").json()["items"]
    assert (first["id"], first["state"], first["exit_code"]) == (failed, "dead", 3)
    assert (second["id"], second["state"], second["exit_code"]) == (done, "completed", 0)
    assert first["seconds"] >= 0
    assert first["finished_at"] >= first["started_at"]
    assert api.get(f"/api/jobs/{unique()}/runs").status_code == 404


def test_limits_are_told_as_they_count(api: httpx.Client) -> None:
    limits = {"memory": 1 << 30, "cpu": 2.5}
    job = api.post("/api/jobs", json={"command": "true", "delay": 3600, "limits": limits, "sandbox": True}).json()
    path = f"/api/jobs/{job['id']}"
    none = {"memory": None, "processes": None, "cpu": None, "file_size": None}
    assert (job["limits"], job["sandbox"]) == (none | limits, True)
    changed = api.patch(path, json={"limits": {"processes": 5}, "sandbox": False}).json()
    assert (changed["limits"], changed["sandbox"]) == (none | {"processes": 5}, False)
    assert api.patch(path, json={"limits": None}).json()["limits"] == none
    refused = api.patch(path, json={"limits": {"memory": "1G"}})
    assert refused.json()["detail"] == 'limits.memory "1G": must be a number, not str'
    api.put("/api/config/limit-memory", json={"value": 1})
    try:
        assert api.get(path).json()["limits"] == none | {"memory": 1}
    finally:
        api.put("/api/config/limit-memory", json={"value": 0})


def test_deleting_takes_row_and_logs(api: httpx.Client, store: Store, logs: LogStore) -> None:
    claim = claimed(store)
    write_output(logs, claim.lease.seq, 1, b"printed")
    assert api.delete(f"/api/jobs/{claim.job_id}").status_code == 409
    end(store, claim)
    assert api.delete(f"/api/jobs/{claim.job_id}").status_code == 204
    assert not logs.size(claim.lease.seq, 1)
    assert api.delete(f"/api/jobs/{claim.job_id}").status_code == 404


def test_a_running_job_is_deleted_by_force(api: httpx.Client, store: Store) -> None:
    claim = claimed(store)
    assert api.delete(f"/api/jobs/{claim.job_id}", params={"force": True}).status_code == 204
    assert api.get(f"/api/jobs/{claim.job_id}").status_code == 404


def test_the_dlq_is_listed_retried_and_purged_by_filter(api: httpx.Client, store: Store) -> None:
    tag = unique()
    dead = [ended(store, exit_code=1, tags=[tag]) for _ in range(3)]
    listed = api.get("/api/dlq", params={"tag": tag}).json()["items"]
    assert [job["id"] for job in listed] == dead[::-1]
    assert api.post(f"/api/dlq/{dead[0]}/retry").json()["state"] == "pending"
    assert api.post(f"/api/dlq/{dead[0]}/retry").status_code == 409
    assert api.post("/api/dlq/retry", params={"tag": tag, "q": "true"}).json() == {"count": 2}
    again = ended(store, exit_code=1, tags=[tag])
    assert api.delete("/api/dlq", params={"tag": tag}).json() == {"count": 1}
    assert api.get(f"/api/jobs/{again}").status_code == 404
    assert api.get("/api/dlq", params={"state": "dead"}).status_code == 422


def test_the_dlq_goes_by_when_its_jobs_died_and_other_lists_by_when_they_were_enqueued(
    api: httpx.Client, store: Store
) -> None:
    tag = unique()
    slow, soon = claimed(store, tags=[tag], max_retries=0), claimed(store, tags=[tag], max_retries=0)
    end(store, soon, 1)
    between = datetime.now(UTC).isoformat()
    end(store, slow, 1)

    def listed(path: str, **times: str) -> list[str]:
        answer = api.get(f"/api/{path}", params={"tag": tag} | times).raise_for_status()
        return [job["id"] for job in answer.json()["items"]]

    assert listed("dlq") == [slow.job_id, soon.job_id]
    assert listed("dlq", since=between) == listed("dlq", finished_since=between) == [slow.job_id]
    assert listed("dlq", until=between) == listed("jobs", finished_until=between) == [soon.job_id]
    assert listed("dlq", enqueued_since=between) == listed("jobs", since=between) == []
    assert listed("jobs", until=between) == listed("jobs", enqueued_until=between) == [soon.job_id, slow.job_id]
    early = "2026-01-01T00:00:00Z"
    assert listed("dlq", since=early, finished_since=between) == listed("dlq", since=between, finished_since=early)
    assert listed("jobs", until=early, enqueued_until=between) == []
    of_tag, since = {"tag": tag}, {"since": between}
    [group] = api.get("/api/dlq/groups", params=of_tag | since).json()["items"]
    assert (group["count"], group["newest"]) == (1, slow.job_id)
    assert api.get("/api/count", params=of_tag | {"finished_since": between}).json()["count"] == 1
    bulk = {"action": "retry", "filter": of_tag | since}
    assert api.post("/api/jobs/bulk", json=bulk).json()["changed"] == 0
    bulk["filter"] = of_tag | {"finished_since": between}
    assert api.post("/api/jobs/bulk", json=bulk).json()["changed"] == 1
    assert api.post("/api/dlq/retry", params=of_tag | since).json() == {"count": 0}
    assert api.delete("/api/dlq", params=of_tag | {"until": between}).json() == {"count": 1}


def test_the_dlq_is_grouped_by_what_its_jobs_died_of(api: httpx.Client, store: Store) -> None:
    tag = unique()
    dead = [ended(store, exit_code=3, command=f"convert /a/{n}.png -o /b", tags=[tag]) for n in range(3)]
    [group] = api.get("/api/dlq/groups", params={"tag": tag}).json()["items"]
    assert (group["command"], group["error"]) == ("convert … -o …", "exit status 3")
    assert (group["count"], group["newest"]) == (3, dead[-1])
    chosen = {"tag": tag, "failure": group["failure"]}
    assert len(api.get("/api/dlq", params=chosen).json()["items"]) == 3
    assert api.post("/api/dlq/retry", params=chosen).json() == {"count": 3}
    assert api.get("/api/dlq/groups", params={"tag": tag}).json()["items"] == []


def test_after_the_retention_finished_jobs_are_deleted_with_their_logs(
    api: httpx.Client, store: Store, logs: LogStore
) -> None:
    claim = claimed(store)
    write_output(logs, claim.lease.seq, 1, b"printed")
    end(store, claim)
    dead = ended(store, exit_code=1)
    api.put("/api/config/retention", json={"value": 0.1})
    try:
        eventually(lambda: api.get(f"/api/jobs/{claim.job_id}").status_code == 404)
        eventually(lambda: not logs.size(claim.lease.seq, 1))
        assert api.get(f"/api/jobs/{dead}").status_code == 200, "dead ones wait for a person"
    finally:
        api.put("/api/config/retention", json={"value": 0})
