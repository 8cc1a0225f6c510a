"""How commands are run, and which results their jobs get."""

import itertools
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.attempt import Outcome
from queuectl_core.model.state import State
from tests.running import eventually
from tests.worker.bench import Bench

Start = Callable[..., subprocess.Popen[bytes]]


def test_output_is_kept_in_the_order_written(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("echo out; echo err >&2; printf 'last \\377'")
    assert job.state is State.COMPLETED
    assert bench.output(job) == b"out\nerr\nlast \xff"
    assert bench.history(job)[0].output_bytes == 14


@pytest.mark.parametrize(
    ("command", "exit_code", "error"),
    [
        ("exit 3", 3, "exit status 3"),
        ("kill -SEGV $$", -11, "killed by SIGSEGV"),
        ("no-such-program-anywhere", 127, "exit status 127"),
        ("exit 143", 143, "exit status 143"),
    ],
)
def test_the_error_says_how_a_command_failed(
    bench: Bench, start: Start, command: str, exit_code: int, error: str
) -> None:
    start()
    job = bench.run(command)
    assert (job.state, job.exit_code, job.error) == (State.DEAD, exit_code, error)


def test_a_flaky_command_is_retried_until_it_works(bench: Bench, start: Start) -> None:
    start()
    job = bench.run('echo "attempt $QUEUECTL_ATTEMPT"; [ $QUEUECTL_ATTEMPT = 3 ]', max_retries=5, backoff_base=0.1)
    assert (job.state, job.attempts) == (State.COMPLETED, 3)
    assert [bench.output(job, n) for n in (1, 2, 3)] == [b"attempt 1\n", b"attempt 2\n", b"attempt 3\n"]
    attempts = bench.history(job)
    assert [a.outcome for a in attempts] == [Outcome.FAILED, Outcome.FAILED, Outcome.COMPLETED]
    waits = [later.started_at - (sooner.ended_at or 0) for sooner, later in itertools.pairwise(attempts)]
    assert waits[0] >= 0.1
    assert waits[1] >= 0.01


@pytest.mark.parametrize("limits", [{}, {"cpu": 60}], ids=["plain", "isolated"])
def test_commands_do_not_inherit_ignored_signals(bench: Bench, start: Start, limits: dict[str, int]) -> None:
    start("sh", "-c", """trap '' HUP INT QUIT USR1; exec "$0" """)
    job = bench.run("grep SigIgn /proc/self/status", limits=limits)
    standard = (1 << 31) - 1  # libc keeps two of the others for itself
    assert int(bench.output(job).split()[1], 16) & standard == 0


def test_environment_and_directory_are_the_jobs_own(bench: Bench, start: Start, tmp_path: os.PathLike[str]) -> None:
    start()
    job = bench.run("pwd; env", env={"GREETING": "hello world", "PATH": "/bin:/usr/bin"}, cwd=str(tmp_path), queue="q")
    pwd, *variables = bench.output(job).decode().splitlines()
    environment = dict(line.split("=", 1) for line in variables)
    assert pwd == str(tmp_path)
    assert environment["GREETING"] == "hello world"
    assert environment["PATH"] == "/bin:/usr/bin"
    own = {name: value for name, value in environment.items() if name.startswith("QUEUECTL_")}
    assert own == {
        "QUEUECTL_JOB_ID": job.id,
        "QUEUECTL_ATTEMPT": "1",
        "QUEUECTL_QUEUE": "q",
        "QUEUECTL_WORKER": bench.store.workers.all()[0].id,
    }


def test_the_error_names_a_missing_directory(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("true", cwd="/nowhere/at/all")
    assert job.error == "could not be started: cannot enter the directory /nowhere/at/all"


def test_a_job_of_the_maximum_size_runs(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("wc -c <<'E'\n" + "x" * 65_000 + "\nE", env={f"V{n}": "y" * 10_000 for n in range(100)})
    assert (job.state, bench.output(job)) == (State.COMPLETED, b"65001\n")


def test_hundreds_of_commands_start_at_once(bench: Bench, start: Start) -> None:
    with bench.store.transaction():
        jobs = [bench.enqueue("true") for _ in range(300)]
    start(concurrency=300)
    assert all(bench.ended(job).state is State.COMPLETED for job in jobs)


def test_many_commands_with_large_environments_are_started_at_once(bench: Bench, start: Start) -> None:
    with bench.store.transaction():
        jobs = [bench.enqueue("true", env={f"V{n}": "y" * 32_768 for n in range(7)}) for _ in range(450)]
    start(concurrency=450)
    assert all(bench.ended(job).state is State.COMPLETED for job in jobs)


def test_a_command_that_cannot_be_started_fails_and_the_worker_continues(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("true", env={f"V{n}": "y" * 32_768 for n in range(100)})
    assert job.state is State.DEAD
    assert job.error == "could not be started: Argument list too long"
    assert bench.run("true").state is State.COMPLETED


def test_standard_input_is_empty_and_no_descriptor_leaks(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("cat; ls /proc/self/fd | wc -l")
    assert bench.output(job) == b"4\n", "three, and the one with which ls reads the directory"


def test_ten_megabytes_of_binary_output_are_kept_unchanged(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("head -c 10000000 /dev/urandom | tee copy", cwd=str(bench.directory))
    assert bench.output(job) == (bench.directory / "copy").read_bytes()
    assert bench.history(job)[0].output_bytes == 10_000_000


def test_higher_priority_runs_first(bench: Bench, start: Start) -> None:
    order = bench.directory / "order"
    for name, priority in (("a", 0), ("b", 9), ("c", 5), ("d", 5)):
        bench.enqueue(f"echo {name} >>{order}", id=name, priority=priority)
    start(concurrency=1)
    bench.ended("a")
    assert order.read_text().split() == ["b", "c", "d", "a"]


def test_a_worker_claims_only_from_its_queues(bench: Bench, start: Start) -> None:
    start(queues="gpu,media")
    other = bench.enqueue("true", queue="default")
    assert bench.run("true", queue="media").state is State.COMPLETED
    assert bench.store.jobs.get(other).state is State.PENDING
    assert bench.store.workers.all()[0].queues == ["gpu", "media"]


def test_a_delayed_job_does_not_run_before_it_is_due(bench: Bench, start: Start) -> None:
    start()
    job = bench.run("true", delay=0.4)
    assert job.started_at is not None
    assert job.started_at >= job.created_at + 0.4


def test_several_workers_share_a_queue_and_no_command_runs_twice(bench: Bench, start: Start) -> None:
    ran = bench.directory / "ran"
    for number in range(120):
        bench.enqueue(f"echo {number} >>{ran}")
    for _ in range(3):
        start()
    eventually(lambda: bench.store.jobs.counts()[State.COMPLETED] == 120)
    assert sorted(map(int, ran.read_text().split())) == list(range(120))


def test_an_idle_worker_wakes_up_when_another_process_enqueues(bench: Bench, start: Start) -> None:
    start()
    time.sleep(0.3)
    assert bench.run("true").state is State.COMPLETED


def test_settings_apply_to_pending_jobs(bench: Bench, start: Start) -> None:
    bench.store.config.set("timeout", 0.2)
    start()
    job = bench.run("sleep 60")
    assert job.error == "timed out after 0.2 s"


def test_the_oom_killer_prefers_a_command_to_its_worker(bench: Bench, start: Start) -> None:
    worker = start()
    job = bench.run("cat /proc/self/oom_score_adj")
    assert int(bench.output(job)) > int(Path(f"/proc/{worker.pid}/oom_score_adj").read_text())
