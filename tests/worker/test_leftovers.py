"""A job ends when nothing of it runs: leftover processes get a grace period, and are then stopped."""

import subprocess
from collections.abc import Callable

import pytest

from queuectl_core.model.state import State
from tests.running import eventually
from tests.worker.bench import Bench, is_alive

Start = Callable[..., subprocess.Popen[bytes]]

SLEEPER = "sh -c 'echo $$ >>pids; exec sleep 600'"


def test_output_that_goes_through_another_process_is_whole(bench: Bench, start: Start) -> None:
    start()
    for _ in range(10):
        job = bench.run("""bash -c 'exec > >(sed "s/^/> /") 2>&1; echo hello'""")
        assert (job.state, bench.output(job)) == (State.COMPLETED, b"> hello\n")


def test_a_file_that_another_process_writes_is_whole(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("bash -c 'seq 300000 > >(gzip > x.gz)'", cwd=str(bench.directory))
    assert job.state is State.COMPLETED
    gunzip = subprocess.run(["gunzip", "-c", "x.gz"], cwd=bench.directory, capture_output=True, check=True)
    assert len(gunzip.stdout.splitlines()) == 300_000


def test_leftover_processes_are_stopped_after_the_grace_and_noted(bench: Bench, start: Start) -> None:
    bench.store.config.set("leftover-grace", 0.2)
    start()
    both = f"{SLEEPER} & setsid {SLEEPER} & touch pids; while [ $(wc -l <pids) -lt 2 ]; do sleep 0.02; done; exit 3"
    job = bench.run(both, cwd=str(bench.directory))
    assert not any(map(is_alive, bench.pids("pids", 2)))
    assert (job.exit_code, job.error) == (3, "exit status 3")
    assert bench.history(job)[0].note == "2 processes left behind were killed"


def test_leftover_processes_do_not_make_the_attempt_fail(bench: Bench, start: Start) -> None:
    bench.store.config.set("leftover-grace", 0)
    start(kill_grace=60)
    job = bench.run(f"{SLEEPER} & while [ ! -s pids ]; do sleep 0.02; done", cwd=str(bench.directory))
    assert job.state is State.COMPLETED
    assert not any(map(is_alive, bench.pids("pids", 1)))
    assert bench.history(job)[0].note == "1 process left behind was killed"


def test_leftover_processes_get_sigterm_before_sigkill(bench: Bench, start: Start) -> None:
    bench.store.config.set("leftover-grace", 0.2)
    start(kill_grace=60)
    tidy = "sh -c 'trap \"echo tidied; exit\" TERM; echo ready >ready; while :; do sleep 0.05; done'"
    job = bench.run(f"{tidy} & while [ ! -e ready ]; do sleep 0.02; done", cwd=str(bench.directory))
    assert job.state is State.COMPLETED
    assert bench.output(job).endswith(b"tidied\n")


def test_a_timeout_applies_to_leftover_processes(bench: Bench, start: Start) -> None:
    bench.store.config.set("leftover-grace", 600)
    start()
    job = bench.run(f"{SLEEPER} &", cwd=str(bench.directory), timeout=3)
    assert (job.state, job.error) == (State.DEAD, "timed out after 3 s")
    assert not any(map(is_alive, bench.pids("pids", 1)))


def test_a_cancel_stops_leftover_processes(bench: Bench, start: Start) -> None:
    bench.store.config.set("leftover-grace", 600)
    start()
    job_id = bench.enqueue(f"setsid {SLEEPER} & echo $$ >>root", cwd=str(bench.directory))
    [root], [pid] = bench.pids("root", 1), bench.pids("pids", 1)
    eventually(lambda: not is_alive(root))
    bench.store.actions.cancel(job_id)
    assert bench.in_state(job_id, State.CANCELLED).exit_code == 0
    assert not is_alive(pid)


@pytest.mark.parametrize("stop", ["cancel", "timeout", "drain"])
def test_the_whole_tree_gets_the_grace_period_even_if_its_shell_dies_immediately(
    bench: Bench, start: Start, stop: str
) -> None:
    worker = start(kill_grace=60, drain_grace=0)
    slow = "trap 'sleep 0.7; echo tidied; exit' TERM; echo ready >>ready; while :; do sleep 0.05; done"
    (bench.directory / "slow.sh").write_text(slow)
    timeout = 3 if stop == "timeout" else None
    job_id = bench.enqueue("sh slow.sh; echo not reached", cwd=str(bench.directory), timeout=timeout, queue=stop)
    bench.written("ready")
    if stop == "cancel":
        bench.store.actions.cancel(job_id)
    elif stop == "drain":
        worker.terminate()
    job = bench.in_state(job_id, {"cancel": State.CANCELLED, "timeout": State.DEAD, "drain": State.PENDING}[stop])
    assert bench.output(job).endswith(b"tidied\n")


def test_a_plain_command_replaces_its_shell(bench: Bench, start: Start) -> None:
    start()
    child_of_shell = "python3 -c 'import os; print(os.getpid() == os.getsid(0))'"
    assert bench.output(bench.run(child_of_shell)) == b"True\n"
    assert bench.store.jobs.get(bench.run(child_of_shell).id).command == child_of_shell
    assert bench.output(bench.run("cd / && pwd")) == b"/\n"
    assert bench.output(bench.run("echo 'a b' c")) == b"a b c\n"
