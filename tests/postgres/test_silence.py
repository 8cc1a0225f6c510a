"""A network that falls silent without closing connections, and one that loses the answer to a commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres.firewall import dropping
from tests.postgres.host_fleet import Host, HostFleet, running_hosts
from tests.postgres.proxy import Proxy
from tests.postgres.runs import assert_ran_again, running_job
from tests.postgres.server import Server
from tests.running import eventually
from tests.signed_in import http

LEASE = 3


@pytest.fixture(scope="module")
def proxy(postgres: Server) -> Iterator[Proxy]:
    """In front of a database of this module."""
    url = postgres.empty_database()
    proxy = Proxy(url)
    yield proxy
    proxy.close()
    postgres.drop(url)


@pytest.fixture(scope="module")
def fleet(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostFleet]:
    """The other API and the last worker use the proxy."""
    directory = tmp_path_factory.mktemp("silence")
    with running_hosts(
        directory, proxy.server_url, last=proxy.url, heartbeat=0.3, heartbeat_timeout=LEASE, concurrency=1
    ) as fleet:
        yield fleet


@pytest.mark.parametrize("dropped", [False, True])
def test_commands_of_a_worker_that_is_cut_off_are_dead_before_their_jobs_run_elsewhere(
    fleet: HostFleet, proxy: Proxy, dropped: bool
) -> None:
    direct, cut_off = fleet.workers
    told = killings(cut_off)
    command = "[ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600"
    jobs = {host: job_id for job_id, host in (running_job(fleet, command) for _ in fleet.workers)}
    with dropping(proxy.port) if dropped else proxy.silent():
        http.post(f"{fleet.system.url}/api/jobs/{jobs[direct]}/cancel").raise_for_status()
        assert_ran_again(fleet, jobs[cut_off])
        assert fleet.system.job(jobs[cut_off])["history"][1]["worker"] in fleet.names().values()
        assert not cut_off.commands()
    fleet.complete()
    assert killings(cut_off) > told


def killings(host: Host) -> int:
    """How often its guard has told that it killed everything."""
    return host.log.read_text().count("sends no heartbeats: it is killed with everything that it runs")


def test_an_api_that_is_cut_off_answers_503_and_recovers(fleet: HostFleet, proxy: Proxy) -> None:
    url = f"{fleet.other.url}/api/status"
    assert http.get(url).is_success
    with proxy.silent():
        for _ in range(3):
            answer = http.get(url)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        answer = http.post(f"{fleet.other.url}/api/jobs", json={"command": "true"})
        assert answer.status_code == 503
        assert http.get(f"{fleet.other.url}/healthz").is_success
    eventually(lambda: http.get(url).is_success)
    fleet.complete()


def test_a_claim_whose_confirmation_is_lost_is_handed_back(fleet: HostFleet, proxy: Proxy) -> None:
    occupied = occupy_both(fleet)
    try:
        proxy.lose_commit_with("echo claimed")
        job_id = fleet.system.enqueue("echo claimed")
        release(fleet, occupied[fleet.workers[1]])
        eventually(lambda: proxy.has_lost)
    finally:
        release(fleet, occupied[fleet.workers[0]])
    history = fleet.system.in_state(job_id, "completed")["history"]
    assert [attempt["state"] for attempt in history] == ["released", "completed"]


def test_a_report_whose_confirmation_is_lost_counts_once(fleet: HostFleet, proxy: Proxy) -> None:
    occupied = occupy_both(fleet)
    proxy.lose_commit_with(f"report of {occupied[fleet.workers[1]]}")
    for job_id in occupied.values():
        release(fleet, job_id)
        history = fleet.system.in_state(job_id, "completed")["history"]
        assert [attempt["state"] for attempt in history] == ["completed"]
    eventually(lambda: proxy.has_lost)
    fleet.system.in_state(fleet.system.enqueue("true"), "completed")


def occupy_both(fleet: HostFleet) -> dict[Host, str]:
    """A job on each of the two hosts, which have a single slot."""
    command = "until [ -e $RUN_LOG/$QUEUECTL_JOB_ID ]; do sleep 0.05; done; echo report of $QUEUECTL_JOB_ID"
    return {host: job_id for job_id, host in (running_job(fleet, command) for _ in fleet.workers)}


def release(fleet: HostFleet, job_id: str) -> None:
    """Let that command end."""
    Path(fleet.run_log, job_id).touch()
