"""The wall clock jumps by an hour, either way: nothing is lost, repeated, or waits for an hour."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.options import times
from tests.faults.process_fleet import running_processes
from tests.faults.report import Finding, record
from tests.faults.set_clock import SetClock
from tests.faults.storm import storm
from tests.system import System

HOUR = 3600
UPTIME = "cut -d' ' -f1 /proc/uptime"
WHILE = 10
"""Seconds that something takes that the clock jumps in the middle of."""


@dataclass(frozen=True)
class Jumping:
    """A system on a wall clock of its own."""

    system: System
    directory: Path
    clock: SetClock

    def uptimes(self, job_id: str) -> list[float]:
        """When each attempt began, by the clock that cannot be set."""
        attempts = self.system.job(job_id)["history"]
        return [float(self.system.log(job_id, attempt=attempt["number"])) for attempt in attempts]


@pytest.fixture
def jumping(tmp_path: Path) -> Iterator[Jumping]:
    """An API and a worker with a clock of their own."""
    clock = SetClock(tmp_path)
    with running_processes(tmp_path, workers=1, clock=clock) as fleet:
        yield Jumping(fleet.system, tmp_path, clock)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_jump_of_the_wall_clock(jumping: Jumping, jump: int) -> None:
    system = jumping.system
    worker = system.get("/api/workers")["items"]
    go = jumping.directory / "go"
    running = system.enqueue(f"until [ -e {go} ]; do sleep 0.05; done")
    endless = system.enqueue("exec sleep 600", timeout=WHILE, max_retries=0)
    failing = system.enqueue(f"{UPTIME}; [ $QUEUECTL_ATTEMPT = 2 ]", backoff_base=WHILE)
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    delayed = system.enqueue(UPTIME, delay=WHILE)
    at = datetime.now(UTC) + timedelta(seconds=HOUR / 2)
    by_the_clock = system.enqueue("true", run_at=at.isoformat())
    system.in_state(failing, "failed")
    system.in_state(endless, "processing")

    jumping.clock.jump(jump)
    assert abs(server_time(system) - time.time() - jump) < 60, "the clock has jumped"

    later = system.enqueue("true")
    assert len(system.in_state(later, "completed")["history"]) == 1
    assert system.in_state(failing, "completed")["attempts"] == 2
    first, second = jumping.uptimes(failing)
    assert second - first >= WHILE, "its backoff was not cut short"
    system.in_state(delayed, "completed")
    assert jumping.uptimes(delayed)[0] - before >= WHILE - 0.01, "its delay was not cut short"
    ended = system.in_state(endless, "dead")
    assert ended["error"] == f"timed out after {WHILE} s"
    go.touch()
    assert len(system.in_state(running, "completed")["history"]) == 1
    if jump > 0:
        system.in_state(by_the_clock, "completed")
    else:
        assert system.job(by_the_clock)["state"] == "pending"
    assert [one["id"] for one in system.get("/api/workers")["items"]] == [one["id"] for one in worker]
    record(
        Finding(
            f"wall clock jumps {'forward' if jump > 0 else 'back'} by an hour",
            "libfaketime under API and worker",
            times=1,
            jobs=6,
        )
    )


def server_time(system: System) -> float:
    job = system.job(system.enqueue("true", delay=HOUR))
    system.queuectl("cancel", job["id"])
    return datetime.fromisoformat(job["created_at"]).timestamp()


def test_jumps_under_load(tmp_path: Path) -> None:
    clock = SetClock(tmp_path)
    jumps = itertools.cycle([HOUR, HOUR, -HOUR, -HOUR, -HOUR, HOUR])
    with running_processes(tmp_path, workers=2, clock=clock) as fleet:
        storm(
            fleet,
            lambda: clock.jump(next(jumps)),
            name="wall clock jumps under load",
            cause="libfaketime under API and workers: an hour forward or back, also several times in a row",
            number=times(3, 40),
            pause=1.5,
            steady=False,
        )
