"""The database server stops for longer than the leases, or is killed again and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.options import times
from tests.faults.storm import storm
from tests.postgres.consistency import contradictions
from tests.postgres.host_fleet import running_hosts
from tests.postgres.own_server import OwnServer, own_server
from tests.postgres.runs import assert_ran_again, running_job
from tests.running import eventually, is_ready
from tests.signed_in import http


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """With an empty queue: a storm checks all jobs that it finds."""
    with own_server() as server:
        yield server


def test_when_the_database_is_away_for_longer_than_the_leases_all_commands_are_killed_and_repeated_later(
    server: OwnServer, tmp_path: Path
) -> None:
    with running_hosts(tmp_path, server.url, heartbeat=0.3, heartbeat_timeout=3) as fleet:
        command = "[ $QUEUECTL_ATTEMPT = 2 ] || while :; do echo still here; sleep 0.05; done"
        jobs = [running_job(fleet, command)[0] for _ in range(8)]
        pids = [host.pid for host in fleet.workers]
        server.stop()
        try:
            answer = http.get(f"{fleet.system.url}/api/status")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert "the database cannot be used now" in answer.json()["detail"]
            assert http.post(f"{fleet.other.url}/api/jobs", json={"command": "true"}).status_code == 503
            assert not is_ready(fleet.system.url)
            eventually(lambda: not any(host.commands() for host in fleet.workers))
        finally:
            server.start()
        for job_id in jobs:
            assert_ran_again(fleet, job_id)
        fleet.complete()
        assert [host.pid for host in fleet.workers] == pids, "nobody had to start them again"
        for host in fleet.workers:
            told = host.log.read_text()
            assert "on hold: " in told
            assert "sends no heartbeats: it is killed with everything that it runs" in told


def test_commands_survive_an_outage_that_is_shorter_than_the_leases(server: OwnServer, tmp_path: Path) -> None:
    with running_hosts(tmp_path, server.url, heartbeat=0.3, heartbeat_timeout=60) as fleet:
        command = "echo before; until [ -e $RUN_LOG/after ]; do sleep 0.05; done; echo after"
        jobs = [running_job(fleet, command)[0] for _ in range(8)]
        server.stop()
        eventually(lambda: all("on hold: " in host.log.read_text() for host in fleet.workers))
        Path(fleet.run_log, "after").touch()
        server.start()
        for job_id in jobs:
            job = fleet.system.in_state(job_id, "completed")
            assert [attempt["state"] for attempt in job["history"]] == ["completed"]
            assert fleet.other.log(job_id) == "before\nafter\n"

        fleet.swept = True

        def kill() -> None:
            server.kill()
            server.start()

        storm(
            fleet,
            kill,
            name="Database killed",
            cause="PostgreSQL: SIGKILL of all processes of the server in the middle of commits, and start again",
            number=times(2, 50),
            pause=1,
        )
        assert not contradictions(server.url)
