"""Workers that are killed or suspended: no command outlives them, and no job is lost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from queuectl_core.model.attempt import Outcome
from queuectl_core.model.state import State
from tests.running import eventually
from tests.worker.bench import Bench, children, is_alive, kill_guard_and_worker, worker_pid
from tests.worker.test_stopping import FAMILY

Start = Callable[..., subprocess.Popen[bytes]]

LOOK = r"for pid in $(cat pids); do grep -q '^State:.[^Z]' /proc/$pid/status && echo $pid >>alive; done"
"""Writes those of the processes to a file that are alive."""


@pytest.mark.parametrize("killed", ["worker", "guard"])
def test_the_commands_of_a_killed_worker_die_and_their_jobs_run_again(bench: Bench, start: Start, killed: str) -> None:
    worker = start(heartbeat_timeout=1)
    job_id = bench.enqueue(FAMILY, cwd=str(bench.directory), max_retries=1, backoff_base=0)
    pids = bench.pids("pids", 4)
    os.kill(worker.pid if killed == "guard" else worker_pid(worker), signal.SIGKILL)
    worker.wait()
    eventually(lambda: not any(map(is_alive, pids)))
    (bench.directory / "pids").unlink()
    start(heartbeat_timeout=1)
    assert bench.pids("pids", 4)
    attempts = bench.history(bench.store.jobs.get(job_id))
    assert [attempt.outcome for attempt in attempts] == [Outcome.LOST, Outcome.PROCESSING]


def test_jobs_of_a_killed_worker_are_retried_immediately_when_a_worker_starts_on_the_host(
    bench: Bench, start: Start
) -> None:
    long = {"heartbeat_timeout": 3600}  # no lease expires
    worker = start(**long)
    job_id = bench.enqueue("[ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600", max_retries=1, backoff_base=0)
    bench.in_state(job_id, State.PROCESSING)
    worker.kill()
    worker.wait()
    start(**long)
    job = bench.ended(job_id)
    assert (job.state, job.attempts) == (State.COMPLETED, 2)
    [lost, _] = bench.history(job)
    assert lost.error == f"worker {lost.worker} was lost"
    assert [path.name for path in (bench.directory / "queue.workers").iterdir()] == [bench.store.workers.all()[0].id]


def test_commands_that_survived_the_death_of_both_worker_and_guard_are_dead_before_the_job_runs_again(
    bench: Bench, start: Start
) -> None:
    worker = start()
    again = f"[ $QUEUECTL_ATTEMPT = 1 ] || {{ {LOOK}; exit 0; }};"
    job_id = bench.enqueue(again + FAMILY, cwd=str(bench.directory), max_retries=1, backoff_base=0)
    pids = bench.pids("pids", 4)
    kill_guard_and_worker(worker)
    start()
    assert bench.ended(job_id).attempts == 2
    assert not any(map(is_alive, pids))
    assert not (bench.directory / "alive").exists()


def test_the_exit_status_tells_that_the_worker_was_killed(bench: Bench, start: Start) -> None:
    worker = start()
    os.kill(worker_pid(worker), signal.SIGKILL)
    assert worker.wait(timeout=60) == 128 + signal.SIGKILL


def test_a_suspended_guard_delays_nothing(bench: Bench, start: Start) -> None:
    worker = start(heartbeat_timeout=1)
    worker.send_signal(signal.SIGSTOP)
    try:
        assert bench.run("sleep 2").state is State.COMPLETED
    finally:
        worker.send_signal(signal.SIGCONT)


def test_a_worker_suspended_past_its_lease_loses_its_jobs_and_starts_again(bench: Bench, start: Start) -> None:
    sleeper = start(heartbeat_timeout=1.5)
    job_id = bench.enqueue(
        f"[ $QUEUECTL_ATTEMPT = 1 ] || {{ {LOOK}; exit 0; }}; echo $$ >>pids; exec sleep 600",
        cwd=str(bench.directory),
        max_retries=1,
        backoff_base=0,
    )
    bench.pids("pids", 1)
    before = {worker.id for worker in bench.store.workers.all()}
    os.kill(worker_pid(sleeper), signal.SIGSTOP)
    job = bench.ended(job_id)
    assert job.state is State.COMPLETED
    assert not (bench.directory / "alive").exists(), "its command died before anyone could run it again"
    assert [attempt.outcome for attempt in bench.history(job)] == [Outcome.LOST, Outcome.COMPLETED]
    eventually(lambda: {worker.id for worker in bench.store.workers.all()} - before)


@pytest.mark.parametrize("killed", ["worker", "guard"])
def test_output_from_before_the_worker_was_killed_is_kept(bench: Bench, start: Start, killed: str) -> None:
    worker = start()
    job_id = bench.enqueue("seq 20000; echo printed >printed; sleep 600", cwd=str(bench.directory))
    short = bench.enqueue("printf short; echo printed >short; sleep 600", cwd=str(bench.directory))
    bench.written("printed")
    bench.written("short")
    os.kill(worker.pid if killed == "guard" else worker_pid(worker), signal.SIGKILL)
    worker.wait()
    whole = b"".join(b"%d\n" % number for number in range(1, 20_001))
    eventually(lambda: bench.output(bench.store.jobs.get(job_id)) == whole)
    eventually(lambda: bench.output(bench.store.jobs.get(short)) == b"short")


def test_output_is_kept_if_the_worker_is_killed_before_it_can_report(bench: Bench, start: Start) -> None:
    worker = start()
    job_id = bench.enqueue("printf before; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    [pid] = eventually(lambda: children(worker_pid(worker)))
    with bench.store.transaction():
        (bench.directory / "go").touch()
        eventually(lambda: not is_alive(pid))
        time.sleep(0.1)  # the worker has noticed by now, but cannot report it
        os.kill(worker_pid(worker), signal.SIGKILL)
        worker.wait()
    assert bench.output(bench.store.jobs.get(job_id)) == b"before"


def test_a_guard_that_is_signalled_while_it_cleans_up_continues(bench: Bench, start: Start) -> None:
    worker = start()
    bench.enqueue(FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    os.kill(worker_pid(worker), signal.SIGKILL)
    while worker.poll() is None:
        worker.terminate()
    assert worker.returncode == 128 + signal.SIGKILL
    assert not any(map(is_alive, pids))


def test_the_log_of_a_job_deleted_before_its_worker_was_killed_is_removed(bench: Bench, start: Start) -> None:
    worker = start(heartbeat_timeout=1)
    job_id = bench.enqueue("echo $$ >>pids; seq 1000; exec sleep 600", cwd=str(bench.directory))
    bench.pids("pids", 1)
    os.kill(worker_pid(worker), signal.SIGSTOP)
    bench.store.actions.delete(job_id, force=True)
    os.kill(worker_pid(worker), signal.SIGKILL)
    worker.wait()
    logs = bench.directory / "logs"
    assert [*logs.rglob("1-1.log")], "its guard cannot know that the job was deleted"
    start(heartbeat_timeout=1)
    eventually(lambda: not [*logs.rglob("1-1.log")])
