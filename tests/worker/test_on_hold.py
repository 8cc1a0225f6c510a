"""A worker whose database or logs cannot be written: it is on hold, loses nothing, and resumes."""

import subprocess
import time
from collections.abc import Callable

from queuectl_core.model.state import State
from queuectl_core.model.waiting import Reason
from tests.running import eventually
from tests.worker.bench import Bench

Start = Callable[..., subprocess.Popen[bytes]]


def test_a_locked_database_delays_reports_and_nothing_is_lost(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("echo started >>progress; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    bench.written("progress")
    with bench.store.transaction():
        (bench.directory / "go").touch()
        time.sleep(0.5)  # the command has ended by now, but the worker cannot report it
        assert bench.store.jobs.get(job_id).state is State.PROCESSING
    assert bench.ended(job_id).state is State.COMPLETED


def test_a_worker_is_on_hold_while_no_log_can_be_written(bench: Bench, start: Start) -> None:
    logs = bench.directory / "logs"
    logs.write_text("in the way")
    start()
    printer = bench.enqueue("seq 100000")
    told = f"on hold: output cannot be written to {logs}: Not a directory; commands that print are blocked"
    eventually(lambda: told in (bench.directory / "worker.log").read_text())
    waiting = bench.enqueue("true")
    time.sleep(1.5)  # long enough for several tries
    assert bench.store.jobs.get(printer).state is State.PROCESSING
    assert bench.store.jobs.get(waiting).state is State.PENDING, "nothing starts meanwhile"
    logs.unlink()
    job = bench.ended(printer)
    assert (job.state, job.attempts) == (State.COMPLETED, 1)
    assert bench.output(job) == b"".join(b"%d\n" % number for number in range(1, 100_001))
    assert bench.ended(waiting).state is State.COMPLETED
    eventually(lambda: "resumed" in (bench.directory / "worker.log").read_text())


def test_a_command_whose_output_cannot_be_written_can_be_stopped(bench: Bench, start: Start) -> None:
    (bench.directory / "logs").write_text("in the way")
    late = bench.enqueue("seq 100000", timeout=1)
    cancelled, ended = bench.enqueue("seq 100000"), bench.enqueue("seq 1000")
    start()  # after them, since it starts nothing once one of them has printed
    waiting = eventually(lambda: bench.store.waiting_for.of(bench.store.jobs.get(cancelled)))
    assert waiting
    assert waiting.reason is Reason.WORKERS_HOLD_STILL
    assert "commands that print are blocked" in waiting.detail
    bench.store.actions.cancel(cancelled)
    bench.in_state(cancelled, State.CANCELLED)
    assert bench.ended(late).error == "timed out after 1 s"
    assert bench.store.jobs.get(ended).state is State.PROCESSING, "its output is not written yet"
    (bench.directory / "logs").unlink()
    assert len(bench.output(bench.ended(ended))) == 3893


def test_a_worker_whose_output_cannot_be_written_can_be_stopped(bench: Bench, start: Start) -> None:
    (bench.directory / "logs").write_text("in the way")
    jobs = [bench.enqueue("seq 1000"), bench.enqueue("seq 100000")]
    worker = start(drain_grace=0.2)
    eventually(lambda: "on hold" in (bench.directory / "worker.log").read_text())
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    assert [bench.store.jobs.get(job).state for job in jobs] == [State.PENDING, State.PENDING]
