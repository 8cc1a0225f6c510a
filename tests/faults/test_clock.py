"""The wall clock jumps by an hour, either way: nothing is lost, repeated, or waits for an hour."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.report import Finding, record
from tests.lacking import lacking
from tests.running import eventually, free_port, is_ready, migrate, program
from tests.system import System

HOUR = 3600
UPTIME = "cut -d' ' -f1 /proc/uptime"


@dataclass(frozen=True)
class Jumping:
    """A system whose wall clock is set by a file; the clocks since the machine's start go on as they do."""

    system: System
    directory: Path

    def jump(self, seconds: int) -> None:
        """Set the wall clock of every process of the system at once."""
        new = self.directory / "new"
        new.write_text(f"{seconds:+d}")
        new.rename(self.directory / "clock")

    def uptimes(self, job_id: str) -> list[float]:
        """When each attempt began, by the clock that cannot be set."""
        attempts = self.system.job(job_id)["history"]
        return [float(self.system.log(job_id, attempt=attempt["number"])) for attempt in attempts]


@pytest.fixture
def jumping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jumping]:
    """An API and a worker with a clock of their own."""
    found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        lacking("there is no libfaketime (Debian: apt install libfaketime)")
    jumping = Jumping(System(""), tmp_path)
    jumping.jump(0)
    migrate(tmp_path)
    port = free_port()
    environment = {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(tmp_path / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        # Without gunicorn, whose parent sleeps in a way that libfaketime does not know.
        "UVICORN_APP": "queuectl_api.app:from_environment",
        "UVICORN_FACTORY": "1",
        "UVICORN_PORT": str(port),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = {"data_dir": tmp_path, "concurrency": 8, "heartbeat": 0.3, "heartbeat_timeout": 2}
    with (
        program("uvicorn", tmp_path / "api.log", **settings),
        program("queuectl-worker", tmp_path / "worker.log", **settings),
    ):
        system = System(f"http://127.0.0.1:{port}", tmp_path)
        eventually(lambda: is_ready(system.url) and system.get("/api/status")["workers"])
        yield Jumping(system, tmp_path)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_jump_of_the_wall_clock(jumping: Jumping, jump: int) -> None:
    system = jumping.system
    worker = system.get("/api/workers")["items"]
    go = jumping.directory / "go"
    running = system.enqueue(f"until [ -e {go} ]; do sleep 0.05; done")
    endless = system.enqueue("exec sleep 600", timeout=4, max_retries=0)
    failing = system.enqueue(f"{UPTIME}; [ $QUEUECTL_ATTEMPT = 2 ]", backoff_base=4)
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    delayed = system.enqueue(UPTIME, delay=4)
    at = datetime.now(UTC) + timedelta(seconds=HOUR / 2)
    by_the_clock = system.enqueue("true", run_at=at.isoformat())
    system.in_state(failing, "failed")
    system.in_state(endless, "processing")

    jumping.jump(jump)
    assert abs(server_time(system) - time.time() - jump) < 60, "the clock has jumped"

    later = system.enqueue("true")
    assert len(system.in_state(later, "completed")["history"]) == 1
    assert system.in_state(failing, "completed")["attempts"] == 2
    first, second = jumping.uptimes(failing)
    assert second - first >= 4, "its backoff was not cut short"
    system.in_state(delayed, "completed")
    assert jumping.uptimes(delayed)[0] - before >= 3.99, "its delay was not cut short"
    ended = system.in_state(endless, "dead")
    assert ended["error"] == "timed out after 4 s"
    go.touch()
    assert len(system.in_state(running, "completed")["history"]) == 1
    if jump > 0:
        system.in_state(by_the_clock, "completed")
    else:
        assert system.job(by_the_clock)["state"] == "pending"
    assert [one["id"] for one in system.get("/api/workers")["items"]] == [one["id"] for one in worker]
    record(Finding(f"wall clock jumps by {jump:+d} s", "libfaketime under API and worker", times=1, jobs=6))


def server_time(system: System) -> float:
    job = system.job(system.enqueue("true", delay=HOUR))
    system.queuectl("cancel", job["id"])
    return datetime.fromisoformat(job["created_at"]).timestamp()
