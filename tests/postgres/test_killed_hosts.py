"""Workers that are killed, stopped or gone with their host: their jobs run again elsewhere, and never twice at once."""

import itertools
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.options import times
from tests.faults.processes import children, send
from tests.faults.storm import storm
from tests.postgres.host_fleet import Host, HostFleet, running_hosts
from tests.postgres.runs import assert_ran_again, running_job
from tests.postgres.server import Server

LEASE = 3
PRINTING = "for line in $(seq 200); do echo $line; done; [ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600"


@pytest.fixture(scope="module")
def fleet(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostFleet]:
    """Two workers with short leases, shared by the tests of this module."""
    url = postgres.empty_database()
    directory = tmp_path_factory.mktemp("killed_hosts")
    with running_hosts(directory, url, heartbeat=0.3, heartbeat_timeout=LEASE) as fleet:
        yield fleet
    postgres.drop(url)


def test_output_of_a_killed_worker_is_completed_by_its_guard(fleet: HostFleet) -> None:
    job_id, host = running_job(fleet, PRINTING)
    send(signal.SIGKILL, [host.worker_pid])
    assert_ran_again(fleet, job_id)
    assert fleet.other.log(job_id, attempt=1) == "".join(f"{line}\n" for line in range(1, 201))


def test_jobs_of_a_vanished_host_run_elsewhere_after_the_lease(fleet: HostFleet) -> None:
    job_id, host = running_job(fleet, PRINTING)
    fleet.gone.append(host)
    host.vanish()
    shutil.rmtree(host.data_dir)
    try:
        assert_ran_again(fleet, job_id)
        assert fleet.system.job(job_id)["history"][1]["worker"] in fleet.names().values()
        fleet.complete()
    finally:
        host.data_dir.mkdir(exist_ok=True)
        fleet.gone.remove(host)
    fleet.complete()


@pytest.mark.parametrize("stopped", ["the worker", "the worker and its guard and commands"])
def test_commands_of_a_stopped_worker_are_dead_before_their_job_runs_again(fleet: HostFleet, stopped: str) -> None:
    job_id, host = running_job(fleet, "[ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600")
    pids = [host.worker_pid] if stopped == "the worker" else [host.pid, host.worker_pid, *host.commands()]
    send(signal.SIGSTOP, pids)
    if stopped != "the worker":
        time.sleep(LEASE / 3)
        send(signal.SIGCONT, pids)
        send(signal.SIGSTOP, [host.worker_pid])
    assert_ran_again(fleet, job_id)
    fleet.complete()


def test_nothing_is_lost_when_hosts_die(fleet: HostFleet, postgres: Server, tmp_path: Path) -> None:
    url = postgres.empty_database()

    def kill_worker(host: Host) -> None:
        send(signal.SIGKILL, children(host.pid))

    def kill_guard(host: Host) -> None:
        send(signal.SIGKILL, [host.pid])

    def drain(host: Host) -> None:
        send(signal.SIGTERM, [host.pid])

    faults = itertools.cycle([kill_worker, Host.vanish, kill_guard, drain])
    with running_hosts(tmp_path, url, workers=3, heartbeat=0.3, heartbeat_timeout=LEASE) as hosts:
        hosts.swept = True
        storm(
            hosts,
            lambda: next(faults)(random.choice(hosts.workers)),
            name="Hosts killed",
            cause="PostgreSQL: SIGKILL of a random worker, of its guard, or of all processes of a host; or SIGTERM",
            number=times(4, 100),
            pause=0.8,
        )
    postgres.drop(url)
