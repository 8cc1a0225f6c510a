"""Timeouts, cancels and deletes stop a command's whole process tree, even if it tries to escape."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.errors import JobNotFound
from queuectl_core.model.state import State
from tests.output import opened_logs
from tests.running import eventually
from tests.worker.bench import Bench, is_alive, worker_pid

Start = Callable[..., subprocess.Popen[bytes]]

# A child, one in a session of its own, and one whose parent has ended.
FAMILY = """
echo $$ >>pids
sh -c 'echo $$ >>pids; sleep 600' &
setsid sh -c 'echo $$ >>pids; sleep 600' &
(setsid sh -c 'echo $$ >>pids; sleep 600' &)
wait
sleep 600
"""


def test_a_timeout_stops_the_whole_tree(bench: Bench, start: Start) -> None:
    start()
    job = bench.run(FAMILY, timeout=1, cwd=str(bench.directory))
    assert (job.state, job.error) == (State.DEAD, "timed out after 1 s")
    pids = bench.pids("pids", 1)  # four, unless the machine was too busy to start all of them in time
    eventually(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize("ignoring", ["", "trap '' TERM;"])
def test_cancelling_stops_the_whole_tree_even_one_that_ignores_it(bench: Bench, start: Start, ignoring: str) -> None:
    start()
    job_id = bench.enqueue(ignoring + FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    bench.store.actions.cancel(job_id)
    job = bench.in_state(job_id, State.CANCELLED)
    assert (job.error, job.cancelling) == ("cancelled", False)
    eventually(lambda: not any(map(is_alive, pids)))


def test_a_command_can_clean_up_when_it_is_cancelled(bench: Bench, start: Start) -> None:
    start(kill_grace=20)
    job_id = bench.enqueue("trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job) == b"ready\n")
    bench.store.actions.cancel(job_id)
    assert bench.in_state(job_id, State.CANCELLED).exit_code == 0
    assert bench.output(job).endswith(b"tidied\n")


def test_leftover_processes_are_stopped_and_those_of_other_commands_are_not(bench: Bench, start: Start) -> None:
    start()
    child = "sh -c 'echo $$ >>kept; exec sleep 600'"
    kept = bench.enqueue(f"{child} & (setsid {child} &); wait", cwd=str(bench.directory))
    others = bench.pids("kept", 2)
    job = bench.run(
        "touch pids; sh -c 'echo $$ >>pids; exec sleep 600' & setsid sh -c 'echo $$ >>pids; exec sleep 600' & "
        "while [ $(wc -l <pids) -lt 2 ]; do sleep 0.02; done",
        cwd=str(bench.directory),
    )
    assert job.state is State.COMPLETED
    eventually(lambda: not any(map(is_alive, bench.pids("pids", 2))))
    assert all(map(is_alive, others)), "processes of another command continue"
    bench.store.actions.cancel(kept)
    eventually(lambda: not any(map(is_alive, others)))


def test_no_zombie_is_left(bench: Bench, start: Start) -> None:
    worker = start()
    for _ in range(20):
        bench.enqueue("(sleep 0.01 &) ; true")
    eventually(lambda: bench.store.jobs.counts()[State.COMPLETED] == 20)
    path = Path(f"/proc/{worker_pid(worker)}/task/{worker_pid(worker)}/children")
    eventually(lambda: path.read_text() == "")


def test_a_running_job_that_is_deleted_is_stopped(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("echo $$ >>pids; exec sleep 600", cwd=str(bench.directory))
    [pid] = bench.pids("pids", 1)
    bench.store.actions.delete(job_id, force=True)
    eventually(lambda: not is_alive(pid))
    with pytest.raises(JobNotFound):
        bench.store.jobs.get(job_id)
    assert bench.run("true").state is State.COMPLETED, "its slot is free again"


@pytest.mark.parametrize("rest", ["", "; sleep 60"])
def test_a_job_deleted_before_its_log_was_created_leaves_none(bench: Bench, start: Start, rest: str) -> None:
    start()
    go = bench.directory / "go"
    job_id = bench.enqueue(f"echo begun; until [ -e {go} ]; do :; done{rest}")
    seq = bench.in_state(job_id, State.PROCESSING).seq
    eventually(lambda: opened_logs(bench.directory).size(seq, 1))
    bench.store.actions.delete(job_id, force=True)  # this removes the logs, but the worker writes one later
    go.touch()
    eventually(lambda: not [*(bench.directory / "logs").rglob(f"{seq}-1.*")])
