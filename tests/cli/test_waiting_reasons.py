"""Commands that wait for a job report why it does not start."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.faults.small_disk import small_disk
from tests.running import BIN, clean_environment, eventually, migrate, program, running_api
from tests.system import System

MEBIBYTES = 48
LEAVES_TOO_LITTLE = 40 << 20


@pytest.fixture
def paused(system: System) -> Iterator[str]:
    """The name of a paused queue."""
    system.queuectl("queue", "pause", "calm")
    yield "calm"
    system.queuectl("queue", "resume", "calm")


@contextmanager
def started(system: System, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A running queuectl process."""
    pipe = subprocess.PIPE
    environment = clean_environment(url=system.url)
    with subprocess.Popen([BIN / "queuectl", *words], env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


def test_run_reports_why_its_command_does_not_start(system: System, paused: str) -> None:
    with started(system, "run", "--queue", paused, "--id", "kept", "--", "echo", "hello") as running:
        assert first_line(running) == "queuectl: job kept is waiting: queue calm is paused\n"
        system.queuectl("queue", "resume", paused)
        assert running.stdout
        assert running.stdout.read() == "hello\n"
        assert running.wait(timeout=60) == 0


def test_wait_reports_it_with_verbose(system: System, paused: str) -> None:
    job = system.enqueue("true", queue=paused)
    with started(system, "wait", "--verbose", job) as waiting:
        assert first_line(waiting) == f"queuectl: job {job} is waiting: queue calm is paused\n"
        system.queuectl("cancel", job)
        waiting.wait(timeout=60)


def test_why_and_show_report_it(system: System, paused: str) -> None:
    job = system.enqueue("true", queue=paused)
    assert system.queuectl("why", job).out == "pending: queue calm is paused\n"
    assert "\nwaiting for   queue calm is paused\n" in system.queuectl("show", job).out
    assert system.job(job)["waiting_for"] == {"reason": "paused", "detail": "queue calm is paused", "until": None}


def test_why_explains_a_failure(system: System) -> None:
    job = system.enqueue("echo first; echo second; exit 3", max_retries=0)
    system.in_state(job, "dead")
    assert system.queuectl("why", job).out == "dead: exit status 3\n  first\n  second\n"


def test_a_full_disk_is_reported_everywhere(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with small_disk(data, MEBIBYTES):
        migrate(data)
        with running_api(data) as url, program("queuectl-worker", tmp_path / "worker.log", data_dir=data):
            system = System(url, data)
            eventually(lambda: system.get("/api/workers")["items"])
            (data / "ballast").write_bytes(bytes(LEAVES_TOO_LITTLE))
            job = system.enqueue("true")
            held = eventually(lambda: system.get("/api/status")["holding_still"])
            assert held["workers"] == 1
            assert "are left for logs" in held["reason"]
            assert httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
            assert system.queuectl("status").out.splitlines()[-1].startswith("1 of 1 workers are on hold: ")
            listed = system.queuectl("worker", "list")
            assert listed.out.split("\t")[1] == "on hold"
            assert " is on hold: " in listed.err
            assert system.job(job)["waiting_for"]["reason"] == "workers_hold_still"
            (data / "ballast").unlink()
            system.in_state(job, "completed")
            assert system.get("/api/status")["holding_still"] is None
            assert system.queuectl("status").out.splitlines()[-1].startswith("cancelled")
