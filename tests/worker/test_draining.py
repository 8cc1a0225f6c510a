"""A worker that is told to stop: commands get a grace period, and what does not finish is handed back."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.attempt import Outcome
from queuectl_core.model.state import State
from tests.running import BIN, eventually, program
from tests.worker.bench import Bench, children, is_alive, worker_pid
from tests.worker.test_stopping import FAMILY

Start = Callable[..., subprocess.Popen[bytes]]


def test_draining_lets_commands_finish_and_claims_nothing_new(bench: Bench, start: Start) -> None:
    worker = start(concurrency=1)
    running = bench.enqueue("echo started >>progress; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    waiting = bench.enqueue("true")
    bench.written("progress")
    worker.terminate()
    eventually(lambda: "is stopping" in (bench.directory / "worker.log").read_text())
    (bench.directory / "go").touch()
    assert worker.wait(timeout=60) == 0
    assert bench.store.jobs.get(running).state is State.COMPLETED
    assert bench.store.jobs.get(waiting).state is State.PENDING
    assert bench.store.workers.all() == []


def test_a_command_that_does_not_finish_in_time_is_handed_back(bench: Bench, start: Start) -> None:
    worker = start(drain_grace=0.2)
    job_id = bench.enqueue(FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    job = bench.store.jobs.get(job_id)
    assert (job.state, job.attempts) == (State.PENDING, 0)
    assert [attempt.outcome for attempt in bench.history(job)] == [Outcome.HANDED_BACK]
    assert not any(map(is_alive, pids))


def test_a_second_signal_ends_the_grace_period(bench: Bench, start: Start) -> None:
    worker = start(drain_grace=3600)
    bench.in_state(bench.enqueue("sleep 600"), State.PROCESSING)
    worker.terminate()
    eventually(lambda: "is stopping" in (bench.directory / "worker.log").read_text())
    worker.terminate()
    assert worker.wait(timeout=60) == 0


@pytest.mark.parametrize("seconds", [0, 0.05, 0.2, 0.4])
def test_a_signal_during_startup_is_not_lost(bench: Bench, seconds: float) -> None:
    with program("queuectl-worker", bench.directory / "worker.log", data_dir=bench.directory) as worker:
        eventually(lambda: children(worker.pid) or worker.poll() is not None)
        time.sleep(seconds)
        worker.terminate()
        assert worker.wait(timeout=60) == 0
    assert bench.store.workers.all() == []


def test_a_signal_during_a_restart_is_not_lost(bench: Bench, start: Start) -> None:
    worker = start()
    first = worker_pid(worker)
    os.kill(first, signal.SIGSTOP)
    bench.store.workers.remove(bench.store.workers.all()[0].id)
    os.kill(first, signal.SIGCONT)
    eventually(lambda: set(children(worker.pid)) - {first})
    worker.terminate()
    assert worker.wait(timeout=60) == 0


def test_a_worker_that_is_asked_to_drain_claims_nothing_new_until_it_is_stopped(bench: Bench, start: Start) -> None:
    draining = start()
    running = bench.enqueue("echo started >>progress; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    bench.written("progress")
    bench.store.workers.drain(bench.store.workers.all()[0].id)
    eventually(lambda: "was asked to drain" in (bench.directory / "worker.log").read_text())
    waiting = bench.enqueue("true")
    (bench.directory / "go").touch()
    assert bench.ended(running).state is State.COMPLETED
    assert [worker.draining for worker in bench.store.workers.all()] == [True]
    assert bench.store.jobs.get(waiting).state is State.PENDING
    draining.terminate()
    assert draining.wait(timeout=60) == 0
    start()
    assert bench.ended(waiting).state is State.COMPLETED


def test_a_worker_that_was_told_to_stop_does_not_start_again(bench: Bench, start: Start) -> None:
    worker = start(heartbeat_timeout=1)
    os.kill(worker_pid(worker), signal.SIGSTOP)
    worker.terminate()
    assert worker.wait(timeout=60) == 0, "its guard has killed it when its lease had expired"


def test_a_signal_to_guard_and_worker_counts_once(bench: Bench, start: Start) -> None:
    worker = start()
    job_id = bench.enqueue("echo started >>progress; sleep 1", cwd=str(bench.directory))
    bench.written("progress")
    for pid in (worker_pid(worker), worker.pid):
        os.kill(pid, signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert bench.store.jobs.get(job_id).state is State.COMPLETED


def test_arguments_are_refused(bench: Bench) -> None:
    done = subprocess.run([BIN / "queuectl-worker", "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("queuectl-worker: takes no arguments")) == (1, True)


def test_a_data_directory_may_have_any_name(migrated: Path, tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"not UTF-8: \xff")
    directory.mkdir()
    shutil.copy(migrated, directory / "queue.db")
    log = tmp_path / "log"
    with program("queuectl-worker", log, data_dir=directory) as worker:
        eventually(lambda: "is ready" in log.read_text())
        worker.terminate()
        assert worker.wait(timeout=60) == 0
