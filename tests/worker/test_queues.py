"""Paused and limited queues, with several workers at once."""

import subprocess
import time
from collections.abc import Callable
from itertools import accumulate

from queuectl_core.model.state import ENDED, State
from tests.running import eventually
from tests.worker.bench import Bench

Start = Callable[..., subprocess.Popen[bytes]]


def test_several_workers_together_respect_a_queues_limit(bench: Bench, start: Start) -> None:
    ran = bench.directory / "ran"
    bench.store.queues.set_limit("gpu", 2)
    for _ in range(3):
        start()
    for number in range(60):
        bench.enqueue(f"echo +1 >>{ran}; sleep 0.02; echo -1 >>{ran}; exit {number % 2}", queue="gpu")
        bench.enqueue("true")
    eventually(lambda: sum(bench.store.jobs.counts()[state] for state in ENDED) == 120)
    at_once = list(accumulate(map(int, ran.read_text().split())))
    assert (len(at_once), at_once[-1]) == (120, 0)
    assert max(at_once) == 2


def test_workers_continue_with_a_queue_that_is_resumed_or_whose_limit_is_raised(bench: Bench, start: Start) -> None:
    bench.store.queues.set_paused("calm", True)
    bench.store.queues.set_limit("full", 1)
    start()
    start()
    waits = [bench.enqueue("true", queue="calm"), bench.enqueue("true", queue="calm", delay=0.1)]
    runs = bench.enqueue("sleep 60", queue="full")
    bench.in_state(runs, State.PROCESSING)
    waits.append(bench.enqueue("true", queue="full"))
    assert bench.run("true", delay=0.2).state is State.COMPLETED
    time.sleep(0.2)
    assert {bench.store.jobs.get(job).state for job in waits} == {State.PENDING}
    bench.store.queues.set_paused("calm", False)
    bench.store.queues.set_limit("full", 2)
    assert {bench.ended(job).state for job in waits} == {State.COMPLETED}
    bench.store.actions.cancel(runs)


def test_a_running_command_continues_when_its_queue_is_paused(bench: Bench, start: Start) -> None:
    start()
    job = bench.enqueue("until [ -e go ]; do sleep 0.02; done", queue="calm", cwd=str(bench.directory))
    bench.in_state(job, State.PROCESSING)
    bench.store.queues.set_paused("calm", True)
    (bench.directory / "go").touch()
    assert bench.ended(job).state is State.COMPLETED
