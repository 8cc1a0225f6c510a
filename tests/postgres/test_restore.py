"""Backups go from either database into either, with output and history, while everything runs."""

import pytest

from tests.postgres.host_fleet import HostFleet
from tests.running import eventually
from tests.signed_in import http
from tests.system import System

TAR = {"content-type": "application/x-tar"}


@pytest.fixture(params=["postgres to postgres", "postgres to sqlite", "sqlite to postgres"])
def way(request: pytest.FixtureRequest, hosts: HostFleet, system: System) -> tuple[System, System]:
    """The system that is backed up, and the one into which that is restored."""
    source, _, target = str(request.param).split()
    return (
        hosts.system if source == "postgres" else system,
        hosts.other if target == "postgres" else system,
    )


def test_a_backup_is_restored_with_output_and_history(way: tuple[System, System]) -> None:
    source, target = way
    small = source.enqueue("echo small")
    large = source.enqueue("seq 20000; exit 1", max_retries=1, backoff_base=0)
    delayed = source.enqueue("true", delay=600, tags=["later"])
    source.in_state(small, "completed")
    source.in_state(large, "dead")
    running = source.enqueue("echo again; [ $QUEUECTL_ATTEMPT -gt 1 ] || exec sleep 600")
    source.in_state(running, "processing")
    expected = {job_id: source.job(job_id) for job_id in (small, large, delayed)}
    output = {(job_id, number): source.log(job_id, attempt=number) for job_id, number in [(small, 1), (large, 2)]}
    tar = http.get(f"{source.url}/api/backup").raise_for_status().content
    http.post(f"{source.url}/api/jobs/{running}/cancel").raise_for_status()
    source.in_state(running, "cancelled")
    after = target.enqueue("true")

    http.post(f"{target.url}/api/restore", content=tar, headers=TAR).raise_for_status()

    assert {job_id: target.job(job_id) for job_id in expected} == expected
    assert {key: target.log(key[0], attempt=key[1]) for key in output} == output
    assert http.get(f"{target.url}/api/jobs/{after}").status_code == 404
    # What ran at the time of the backup runs again, on workers that go on by themselves.
    assert target.in_state(running, "completed")["history"][-1]["state"] == "completed"
    assert target.in_state(target.enqueue("true"), "completed")
    counted = target.get("/api/status")["jobs"]
    eventually(lambda: counted["dead"] == target.get("/api/count?state=dead")["count"])
