"""A command that exceeds a limit is stopped, with all its processes, and the attempt names the limit."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from queuectl_core.model.attempt import Outcome
from queuectl_core.model.state import State
from tests.running import eventually
from tests.worker.bench import Bench, is_alive, worker_pid
from tests.worker.test_stopping import FAMILY

Start = Callable[..., subprocess.Popen[bytes]]

MEBIBYTE = 1 << 20

HOLD = "python3 -c 'held = b\"x\" * (90 << 20); import time; time.sleep(600)'"
TOGETHER = "for n in 1 2 3; do python3 -c 'held = b\"x\" * (30 << 20); import time; time.sleep(600)' & done; wait"
CROWD = "for n in 1 2 3 4 5 6 7 8 9; do sleep 600 & done; wait"
ASTRAY = "for n in 1 2 3 4 5 6 7 8 9; do (setsid sleep 600 &); done; sleep 600"
BURN = "while :; do :; done"
TOGETHER_BURN = "while :; do true | true; done"
WRITE = "head -c 2000000 /dev/zero >file"

CASES: list[tuple[str, dict[str, float], str]] = [
    (HOLD, {"memory": 64 * MEBIBYTE}, "used more memory than its limit of 64 MiB"),
    (TOGETHER, {"memory": 80 * 1000 * 1000}, "used more memory than its limit of 78125 KiB"),
    (CROWD, {"processes": 5}, "had more than 5 processes"),
    (ASTRAY, {"processes": 5}, "had more than 5 processes"),
    (BURN, {"cpu": 0.5}, "used more than 0.5 s of CPU time"),
    (BURN, {"cpu": 1}, "used more than 1 s of CPU time"),
    (TOGETHER_BURN, {"cpu": 1}, "used more than 1 s of CPU time"),
    (WRITE, {"file_size": MEBIBYTE}, "wrote a file larger than 1 MiB"),
    (f"exec {WRITE}", {"file_size": 1000}, "wrote a file larger than 1000 bytes"),
]


@pytest.mark.parametrize(("command", "limits", "error"), CASES)
def test_exceeding_a_limit_fails_the_attempt_and_names_the_limit(
    bench: Bench, start: Start, command: str, limits: dict[str, float], error: str
) -> None:
    start()
    job = bench.run(command, limits=limits, cwd=str(bench.directory))
    assert (job.state, job.error) == (State.DEAD, error)
    [attempt] = bench.history(job)
    assert (attempt.outcome, attempt.error) == (Outcome.FAILED, error)


@pytest.mark.parametrize("name", ["memory", "processes", "cpu", "file_size"])
def test_limits_of_the_config_apply_to_all_jobs(bench: Bench, start: Start, name: str) -> None:
    command, limits, error = next(case for case in CASES if name in case[1])
    bench.store.config.set(f"limit-{name.replace('_', '-')}", limits[name])
    start()
    assert bench.run(command, cwd=str(bench.directory)).error == error
    own = {name: limits[name] * 1000}
    assert bench.run(command, cwd=str(bench.directory), limits=own).error == error, "a job cannot raise them"


def test_a_command_within_its_limits_is_not_stopped(bench: Bench, start: Start) -> None:
    start()
    limits: dict[str, Any] = {"memory": 512 * MEBIBYTE, "processes": 10, "cpu": 60, "file_size": 4 * MEBIBYTE}
    job = bench.run(f"{WRITE}; sleep 0.5 & sleep 0.5; echo done", limits=limits, cwd=str(bench.directory))
    assert (job.state, bench.output(job)) == (State.COMPLETED, b"done\n")


def test_no_process_of_it_is_left(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue(FAMILY, limits={"processes": 4}, cwd=str(bench.directory))
    assert bench.ended(job_id).error == "had more than 4 processes"
    pids = bench.pids("pids", 1)
    eventually(lambda: not any(map(is_alive, pids)))
    assert bench.run("true").state is State.COMPLETED


def test_a_fork_bomb_that_grows_while_it_is_killed_is_stopped(bench: Bench, start: Start) -> None:
    """Each process starts two more, in sessions of their own, up to about 1000."""
    breed = bench.directory / "breed"
    breed.write_text(
        "#!/bin/sh\n[ $1 -gt 0 ] || exec sleep 600\nsetsid $0 $(($1 - 1)) & setsid $0 $(($1 - 1)) & wait\n"
    )
    breed.chmod(0o755)
    start()
    job = bench.run(f"{breed} 9", limits={"processes": 20})
    assert job.error == "had more than 20 processes"
    eventually(lambda: subprocess.run(["pgrep", "-f", str(breed)], check=False).returncode == 1)


def test_a_command_cannot_raise_its_limits(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("ulimit -Sf; ulimit -Hf; ulimit -St; ulimit -Ht", limits={"file_size": MEBIBYTE, "cpu": 1.5})
    assert bench.output(job).split() == [b"2048", b"2048", b"2", b"3"], "one second between SIGXCPU and SIGKILL"


def test_the_jobs_variables_take_effect_only_after_its_limits(bench: Bench, start: Start) -> None:
    start()
    library = {"LD_PRELOAD": str(bench.directory / "not-there.so")}
    job = bench.run("echo $LD_PRELOAD", env=library, limits={"file_size": MEBIBYTE})
    assert library["LD_PRELOAD"] in bench.output(job).decode().splitlines()
    assert bench.output(job).count(b"ERROR") <= 1, "only the shell may load it, not the wrapper"


def test_a_limit_is_capped_by_the_workers_own(bench: Bench, start: Start) -> None:
    worker = start()
    subprocess.run(["prlimit", "--pid", str(worker_pid(worker)), "--fsize=8388608"], check=True)
    job = bench.run("ulimit -f", limits={"file_size": 1 << 40})
    assert bench.output(job) == b"16384\n"


def test_an_attempt_that_exceeded_a_limit_is_retried(bench: Bench, start: Start) -> None:
    start()
    job = bench.run(f"[ $QUEUECTL_ATTEMPT = 2 ] || {BURN}", limits={"cpu": 0.2}, max_retries=1, backoff_base=0)
    assert job.state is State.COMPLETED
    assert [attempt.error for attempt in bench.history(job)] == ["used more than 0.2 s of CPU time", None]


def test_a_cancelled_job_is_cancelled_even_if_it_exceeds_a_limit(bench: Bench, start: Start) -> None:
    start(kill_grace=30)
    job_id = bench.enqueue(
        "trap ':' TERM; echo ready; sleep 600; for n in 1 2 3 4 5 6 7 8 9; do sleep 600 & done; wait; sleep 600",
        limits={"processes": 5},
        max_retries=3,
    )
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job) == b"ready\n")
    bench.store.actions.cancel(job_id)
    assert bench.in_state(job_id, State.CANCELLED).error == "cancelled"


def test_a_process_without_session_and_environment_is_killed(bench: Bench, start: Start) -> None:
    start()
    command = (
        "env -i sh -c \"setsid sh -c 'echo \\$\\$ >pid; sleep 600; true' &\";"
        " until [ -s pid ]; do sleep 0.05; done; while kill -0 $(cat pid); do sleep 0.05; done; echo gone"
    )
    job = bench.run(command, limits={"processes": 20}, cwd=str(bench.directory))
    assert (job.state, bench.output(job).splitlines()[-1:]) == (State.COMPLETED, [b"gone"])
