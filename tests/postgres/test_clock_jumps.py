"""The wall clock of the database, of the APIs or of the workers jumps by an hour: no job is lost, repeated or late."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.faults.options import LONG, times
from tests.faults.report import Finding, record
from tests.faults.set_clock import SetClock
from tests.faults.storm import storm
from tests.postgres.host_fleet import HostFleet, running_hosts
from tests.postgres.own_server import own_server, server_directory
from tests.signed_in import http

HOUR = 3600
UPTIME = "cut -d' ' -f1 /proc/uptime"
WHILE = times(3, 10)
"""Seconds that something takes that the clock jumps in the middle of."""

WHO = ("database", "APIs", "workers")


@dataclass(frozen=True)
class Jumping:
    """`clocks`: by what they belong to."""

    fleet: HostFleet
    directory: Path
    clocks: dict[str, SetClock]

    def now(self, who: str) -> float:
        """By that clock, in seconds since the epoch."""
        if who == "database":
            with psycopg.connect(self.fleet.url) as connection:
                [(now,)] = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            return float(now)
        job = self.fleet.system.in_state(self.fleet.system.enqueue("true"), "completed")
        return datetime.fromisoformat(job["created_at" if who == "APIs" else "started_at"]).timestamp()

    def uptimes(self, job_id: str) -> list[float]:
        """When each attempt began, by the clock that cannot be set."""
        system = self.fleet.system
        return [float(system.log(job_id, attempt=attempt["number"])) for attempt in system.job(job_id)["history"]]


@pytest.fixture
def jumping(tmp_path: Path) -> Iterator[Jumping]:
    """A system with a clock for each."""
    with server_directory() as visible:  # for the server's user
        visible.chmod(0o755)
        clocks = {who: SetClock(visible / who) for who in WHO}
        with (
            own_server(environment=clocks["database"].environment) as server,
            running_hosts(
                tmp_path,
                server.url,
                clocks=(clocks["APIs"], clocks["workers"]),
                heartbeat=0.3,
                heartbeat_timeout=15,  # not lost by a machine that is busy
            ) as fleet,
        ):
            yield Jumping(fleet, tmp_path, clocks)


def test_the_clock_of_each_jumps_forward_and_back(jumping: Jumping) -> None:
    names = jumping.fleet.names()
    for who in WHO:
        for jump in (HOUR, -HOUR):
            jump_in_the_middle(jumping, who, jump)
        record(
            Finding(
                f"Clock of the {who} jumps",
                f"PostgreSQL: libfaketime under the {who}: an hour forward, and an hour back",
                times=2,
                jobs=10,
            )
        )
    assert jumping.fleet.names() == names


def jump_in_the_middle(jumping: Jumping, who: str, jump: int) -> None:
    system = jumping.fleet.system
    go = jumping.directory / f"{who}{jump}"
    running = system.enqueue(f"until [ -e {go} ]; do sleep 0.05; done")
    endless = system.enqueue("exec sleep 600", timeout=WHILE, max_retries=0)
    failing = system.enqueue(f"{UPTIME}; [ $QUEUECTL_ATTEMPT = 2 ]", backoff_base=WHILE)
    system.in_state(failing, "failed")
    system.in_state(endless, "processing")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    delayed = system.enqueue(UPTIME, delay=WHILE)
    at = datetime.fromtimestamp(jumping.now("database") + HOUR / 2, UTC)
    by_the_clock = system.enqueue("true", run_at=at.isoformat())

    earlier = jumping.now(who) - time.time()
    jumping.clocks[who].jump(jump)
    assert abs(jumping.now(who) - time.time() - earlier - jump) < 60, "the clock has jumped"

    assert system.in_state(failing, "completed")["attempts"] == 2
    first, second = jumping.uptimes(failing)
    assert second - first >= WHILE, "its backoff was not cut short"
    system.in_state(delayed, "completed")
    assert jumping.uptimes(delayed)[0] - before >= WHILE - 0.01, "its delay was not cut short"
    assert system.in_state(endless, "dead")["error"] == f"timed out after {WHILE} s"
    go.touch()
    assert len(system.in_state(running, "completed")["history"]) == 1
    if who == "database" and jump > 0:
        system.in_state(by_the_clock, "completed")
    else:
        assert system.job(by_the_clock)["state"] == "pending"
        http.post(f"{system.url}/api/jobs/{by_the_clock}/cancel").raise_for_status()


@pytest.mark.skipif(not LONG, reason="in the short form, the clocks jump one by one")
def test_jumps_of_all_clocks_under_load(jumping: Jumping) -> None:
    jumping.fleet.swept = True  # some commands kill their worker

    def jump() -> None:
        random.choice([*jumping.clocks.values()]).jump(random.choice([HOUR, -HOUR]))

    storm(
        jumping.fleet,
        jump,
        name="Clocks jump under load",
        cause="PostgreSQL: libfaketime under database, APIs and workers: one of them, an hour forward or back",
        number=40,
        pause=1.5,
        steady=False,
    )
