"""Timeouts, cancels and deletes stop a command's whole tree, whatever it does to get away."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.errors import JobNotFound
from queuectl_core.logs import Logs
from queuectl_core.state import State
from tests.running import eventually
from tests.worker.bench import Bench, is_alive

Start = Callable[..., subprocess.Popen[bytes]]

# A child, one in a session of its own, and one that a parent has left behind on purpose.
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
    job_id = bench.enqueue(FAMILY, timeout=1, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    job = bench.ended(job_id)
    assert (job.state, job.error) == (State.DEAD, "timed out after 1 s")
    eventually(lambda: not any(map(is_alive, pids)))


@pytest.mark.parametrize("ignoring", ["", "trap '' TERM;"])
def test_cancelling_stops_the_whole_tree_even_one_that_ignores_it(bench: Bench, start: Start, ignoring: str) -> None:
    start()
    job_id = bench.enqueue(ignoring + FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    bench.store.queue.cancel(job_id)
    job = bench.in_state(job_id, State.CANCELLED)
    assert (job.error, job.cancelling) == ("cancelled", False)
    eventually(lambda: not any(map(is_alive, pids)))


def test_a_command_may_tidy_up_when_it_is_cancelled(bench: Bench, start: Start) -> None:
    start(kill_grace=20)
    job_id = bench.enqueue("trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    job = bench.in_state(job_id, State.PROCESSING)
    eventually(lambda: bench.output(job) == b"ready\n")
    bench.store.queue.cancel(job_id)
    assert bench.in_state(job_id, State.CANCELLED).exit_code == 0
    assert bench.output(job).endswith(b"tidied\n")


def test_what_a_command_leaves_behind_ends_with_it(bench: Bench, start: Start) -> None:
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
    assert all(map(is_alive, others)), "what another command has started runs on"
    bench.store.queue.cancel(kept)
    eventually(lambda: not any(map(is_alive, others)))


def test_no_zombie_is_left(bench: Bench, start: Start) -> None:
    worker = start()
    for _ in range(20):
        bench.enqueue("(sleep 0.01 &) ; true")
    eventually(lambda: bench.store.jobs.counts()[State.COMPLETED] == 20)
    [spawner] = children(worker.pid)
    eventually(lambda: not children(spawner))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_running_job_that_is_deleted_is_stopped(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("echo $$ >>pids; exec sleep 600", cwd=str(bench.directory))
    [pid] = bench.pids("pids", 1)
    bench.store.queue.delete(job_id, force=True)
    eventually(lambda: not is_alive(pid))
    with pytest.raises(JobNotFound):
        bench.store.jobs.get(job_id)
    assert bench.run("true").state is State.COMPLETED, "its slot is free again"


@pytest.mark.parametrize("rest", ["", "; sleep 60"])
def test_a_job_that_was_deleted_before_its_log_was_made_leaves_none(bench: Bench, start: Start, rest: str) -> None:
    start()
    go = bench.directory / "go"
    job_id = bench.enqueue(f"echo begun; until [ -e {go} ]; do :; done{rest}")
    log = Logs(bench.directory / "logs").path(bench.in_state(job_id, State.PROCESSING).seq, 1)
    eventually(lambda: log.exists() and log.stat().st_size)
    bench.store.queue.delete(job_id, force=True)  # whoever asks for it removes logs then: this one comes later
    go.touch()
    eventually(lambda: not log.exists())
