"""What a command's process tree uses, while it runs and in total."""

import signal
import subprocess
from collections.abc import Callable

import pytest

from queuectl_core.model.state import State
from queuectl_core.model.usage import Usage
from tests.opened import path_of
from tests.running import eventually
from tests.worker.bench import Bench

Start = Callable[..., subprocess.Popen[bytes]]

MEGABYTE = 1 << 20

BUSY = """
import os, pathlib, time
if os.fork():
    os._exit(0)
os.setsid()
held = bytearray(50 << 20)
while time.process_time() < 1.5:
    pass
pathlib.Path("busy").touch()
while True:
    time.sleep(1)
"""
"""Becomes an orphan, in a session of its own."""


@pytest.fixture
def family(bench: Bench) -> str:
    """A command that waits for the file `go`; its orphan computes, and holds 50 MB."""
    (bench.directory / "busy.py").write_text(BUSY)
    return "python3 busy.py; while [ ! -e go ]; do sleep 0.05; done"


def running(bench: Bench) -> dict[str, Usage]:
    [worker] = bench.store.workers.all()
    return bench.store.usages.read(worker.id)


def test_an_orphan_is_seen_and_counted(bench: Bench, start: Start, family: str) -> None:
    start()
    job_id = bench.enqueue(family, cwd=str(bench.directory))
    eventually((bench.directory / "busy").exists)
    [key] = eventually(lambda: [key for key, usage in running(bench).items() if usage.cpu_seconds >= 1.5])
    usage = running(bench)[key]
    assert key == f"{bench.store.jobs.get(job_id).seq}-1"
    assert 50 * MEGABYTE < usage.memory_bytes < 200 * MEGABYTE
    assert usage.processes >= 2
    (bench.directory / "go").touch()
    [attempt] = bench.history(bench.ended(job_id))
    assert attempt.cpu_seconds is not None and attempt.memory_bytes is not None
    assert 1.5 <= attempt.cpu_seconds < 10
    assert 50 * MEGABYTE < attempt.memory_bytes < 200 * MEGABYTE


def test_cpu_is_the_current_usage(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("while [ ! -e rest ]; do :; done; exec sleep 600", cwd=str(bench.directory))
    eventually(lambda: [usage for usage in running(bench).values() if usage.cpu > 0.05])
    (bench.directory / "rest").touch()
    idle = eventually(lambda: [usage for usage in running(bench).values() if usage.cpu == 0])
    assert idle[0].cpu_seconds > 0.05
    bench.store.actions.cancel(job_id)
    [attempt] = bench.history(bench.ended(job_id))
    assert attempt.cpu_seconds is not None and attempt.cpu_seconds > 0.05


def test_the_usage_of_a_short_command_comes_from_the_kernel(bench: Bench, start: Start) -> None:
    start()
    large = bench.run("""python3 -c 'held = b"x" * (80 << 20); import time
while time.process_time() < 0.2: pass'""")
    [attempt] = bench.history(large)
    assert attempt.cpu_seconds is not None and attempt.memory_bytes is not None
    assert 0.2 <= attempt.cpu_seconds < 5
    assert 80 * MEGABYTE < attempt.memory_bytes < 200 * MEGABYTE
    [attempt] = bench.history(bench.run("true"))
    assert (attempt.memory_bytes or 0) < 5 * MEGABYTE, "the memory of the worker before the exec must not count"
    assert attempt.cpu_seconds is not None and attempt.cpu_seconds < 0.2


def test_the_usage_of_stopped_and_handed_back_attempts_is_kept(bench: Bench, start: Start) -> None:
    worker = start(drain_grace=0)
    burn = "while :; do :; done"
    [attempt] = bench.history(bench.run(burn, timeout=0.5))
    assert attempt.cpu_seconds is not None and attempt.cpu_seconds > 0.01
    job = bench.in_state(bench.enqueue(burn), State.PROCESSING)
    eventually(lambda: f"{job.seq}-1" in running(bench))
    worker.terminate()
    worker.wait()
    [attempt] = bench.history(job)
    assert attempt.cpu_seconds is not None and attempt.cpu_seconds > 0.01


def test_the_usage_file_is_removed_with_its_worker(bench: Bench, start: Start) -> None:
    directory = path_of(bench.store).with_suffix(".usage")
    first = start()
    bench.enqueue("sleep 600", max_retries=1, backoff_base=0)
    eventually(lambda: running(bench))
    first.kill()
    first.wait()
    second = start()
    [worker] = eventually(lambda: [known for known in bench.store.workers.all() if known.pid == second.pid])
    eventually(lambda: [path.name for path in directory.iterdir()] == [worker.id])
    second.send_signal(signal.SIGTERM)
    second.send_signal(signal.SIGTERM)
    second.wait()
    assert list(directory.iterdir()) == []


def test_jobs_run_even_if_no_usage_file_can_be_written(bench: Bench, start: Start) -> None:
    path_of(bench.store).with_suffix(".usage").touch()
    start()
    job = bench.run("sleep 2.5")
    assert (job.state, bench.history(job)[0].memory_bytes is not None) == (State.COMPLETED, True)
    assert running(bench) == {}


def test_a_reader_gets_a_complete_measurement_or_none(bench: Bench) -> None:
    usages = bench.store.usages
    usage = {"1-1": Usage(at=1.0, cpu=0.5, cpu_seconds=2.0, memory_bytes=4096, processes=1)}
    assert usages.read("w") == {}
    usages.write("w", usage)
    assert usages.read("w") == usage
    file = path_of(bench.store).with_suffix(".usage") / "w"
    file.write_bytes(file.read_bytes()[:20])  # a power cut
    assert usages.read("w") == {}
    usages.write("w", usage)
    assert usages.read("w") == usage
    usages.remove("w")
    usages.remove("w")
    assert usages.read("w") == {}
