"""Workers on several hosts share the queue: each job runs once, and what users ask for reaches whichever runs it."""

import itertools
import uuid
from collections import Counter
from pathlib import Path

import pytest

from tests.postgres.host_fleet import HostFleet
from tests.running import eventually
from tests.signed_in import client, http

JOBS = 300
STATES = ("pending", "processing", "completed", "failed", "dead", "cancelled")


@pytest.fixture
def queue() -> str:
    """The name of a queue that no other test uses."""
    return f"queue-{uuid.uuid4().hex}"


def counts(hosts: HostFleet, queue: str) -> dict[str, int]:
    """The jobs of a queue by state, without zeros."""
    [found] = [item for item in hosts.other.get("/api/queues")["items"] if item["name"] == queue]
    return {state: found["jobs"][state] for state in STATES if found["jobs"].get(state)}


def test_each_job_runs_once_on_either_host(hosts: HostFleet, queue: str, tmp_path: Path) -> None:
    command = f"echo $QUEUECTL_JOB_ID $QUEUECTL_WORKER >>{tmp_path}/ran; seq $SIZE"
    sizes: dict[str, int] = {}
    with client(hosts.system.url) as one, client(hosts.other.url) as other:
        for number, api in zip(range(JOBS), itertools.cycle([one, other])):
            job = {"command": command, "queue": queue, "env": {"SIZE": f"{number * 7}"}}
            sizes[api.post("/api/jobs", json=job).raise_for_status().json()["id"]] = number * 7
        eventually(lambda: counts(hosts, queue) == {"completed": JOBS})
        ran = [line.split() for line in (tmp_path / "ran").read_text().splitlines()]
        assert Counter(job_id for job_id, _ in ran) == dict.fromkeys(sizes, 1)
        assert {worker for _, worker in ran} == set(hosts.names().values())
        for (job_id, size), api in zip(sizes.items(), itertools.cycle([other, one])):
            expected = "".join(f"{number}\n" for number in range(1, size + 1))
            assert api.get(f"/api/logs/{job_id}").text == expected


def test_a_running_job_is_cancelled_from_either_api(hosts: HostFleet) -> None:
    jobs = [hosts.system.enqueue("sleep 600 & wait", max_retries=0) for _ in range(8)]
    for job_id in jobs:
        hosts.system.in_state(job_id, "processing")
    assert {hosts.system.job(job_id)["worker"] for job_id in jobs} == set(hosts.names().values())
    for job_id, system in zip(jobs, itertools.cycle([hosts.system, hosts.other])):
        http.post(f"{system.url}/api/jobs/{job_id}/cancel").raise_for_status()
    for job_id in jobs:
        hosts.other.in_state(job_id, "cancelled")
    assert not [pid for host in hosts.workers for pid in host.commands()]


def test_a_timeout_stops_the_command(hosts: HostFleet) -> None:
    job = hosts.system.in_state(hosts.system.enqueue("sleep 600", timeout=0.3, max_retries=0), "dead")
    assert job["error"] == "timed out after 0.3 s"


def test_a_failed_job_is_retried_with_backoff_and_then_dead(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("echo attempt $QUEUECTL_ATTEMPT; exit 3", max_retries=2, backoff_base=0.1)
    job = hosts.system.in_state(job_id, "dead")
    assert [attempt["exit_code"] for attempt in job["history"]] == [3, 3, 3]
    assert [hosts.other.log(job_id, attempt=number) for number in (1, 2, 3)] == [
        f"attempt {number}\n" for number in (1, 2, 3)
    ]
    assert job_id in [item["id"] for item in hosts.other.get("/api/dlq")["items"]]
    http.post(f"{hosts.other.url}/api/dlq/{job_id}/retry").raise_for_status()
    eventually(lambda: len(hosts.system.job(job_id)["history"]) == 6)


def test_a_delayed_job_waits_and_can_be_edited_meanwhile(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("echo before", delay=600)
    later = hosts.system.enqueue("echo later", delay=0.5)
    assert hosts.other.in_state(later, "completed")
    assert hosts.other.job(job_id)["state"] == "pending"
    change = {"command": "echo after", "run_at": None}
    http.patch(f"{hosts.other.url}/api/jobs/{job_id}", json=change).raise_for_status()
    hosts.system.in_state(job_id, "completed")
    assert hosts.system.log(job_id) == "after\n"


def test_a_limit_counts_the_jobs_of_all_hosts(hosts: HostFleet, queue: str, tmp_path: Path) -> None:
    http.patch(f"{hosts.system.url}/api/queues/{queue}", json={"concurrency_limit": 2}).raise_for_status()
    (tmp_path / "running").mkdir()
    # Each command leaves a file while it runs, and then counts all of them.
    command = (
        f"cd {tmp_path}; touch running/$QUEUECTL_JOB_ID; ls running | wc -l >>seen; sleep 0.05;"
        " ls running | wc -l >>seen; rm running/$QUEUECTL_JOB_ID"
    )
    for _ in range(30):
        hosts.system.enqueue(command, queue=queue)
    eventually(lambda: counts(hosts, queue) == {"completed": 30})
    assert set(map(int, (tmp_path / "seen").read_text().split())) == {1, 2}


def test_a_paused_queue_starts_nothing_on_any_host(hosts: HostFleet, queue: str) -> None:
    url = f"{hosts.other.url}/api/queues/{queue}"
    http.patch(url, json={"paused": True}).raise_for_status()
    waiting = [hosts.system.enqueue("true", queue=queue) for _ in range(8)]
    for _ in range(8):
        hosts.system.in_state(hosts.system.enqueue("true"), "completed")
    assert counts(hosts, queue) == {"pending": 8}
    http.patch(url, json={"paused": False}).raise_for_status()
    for job_id in waiting:
        hosts.system.in_state(job_id, "completed")


def test_a_drained_worker_hands_its_jobs_to_the_other_host(hosts: HostFleet) -> None:
    jobs = [hosts.system.enqueue("[ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600", max_retries=0) for _ in range(8)]
    for job_id in jobs:
        hosts.system.in_state(job_id, "processing")
    leaving, staying = hosts.names().values()
    http.post(f"{hosts.other.url}/api/workers/{leaving}/drain").raise_for_status()
    hosts.host_of(leaving).service.process.terminate()
    released = [job_id for job_id in jobs if hosts.system.job(job_id)["history"][0]["worker"] == leaving]
    for job_id in jobs:
        if job_id not in released:
            http.post(f"{hosts.system.url}/api/jobs/{job_id}/cancel").raise_for_status()
    for job_id in released:
        job = hosts.system.in_state(job_id, "completed")
        assert [attempt["state"] for attempt in job["history"]] == ["released", "completed"]
        assert job["attempts"] == 1
    eventually(lambda: leaving not in hosts.names().values())
    assert staying in hosts.names().values()
    hosts.complete()
