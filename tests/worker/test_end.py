"""Workers that stop, and workers that die: no command outlives them, and no job is lost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

from queuectl_core.attempt import Outcome
from queuectl_core.state import State
from tests.running import eventually
from tests.worker.bench import Bench, is_alive
from tests.worker.test_stopping import FAMILY, children

Start = Callable[..., subprocess.Popen[bytes]]


def test_draining_lets_commands_finish_and_takes_nothing_new(bench: Bench, start: Start) -> None:
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


def test_what_does_not_finish_in_time_is_handed_back(bench: Bench, start: Start) -> None:
    worker = start(drain_grace=0.2)
    job_id = bench.enqueue(FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    job = bench.store.jobs.get(job_id)
    assert (job.state, job.attempts) == (State.PENDING, 0)
    assert [attempt.outcome for attempt in bench.history(job)] == [Outcome.RELEASED]
    assert not any(map(is_alive, pids))


def test_a_second_signal_does_not_wait(bench: Bench, start: Start) -> None:
    worker = start(drain_grace=3600)
    bench.in_state(bench.enqueue("sleep 600"), State.PROCESSING)
    worker.terminate()
    eventually(lambda: "is stopping" in (bench.directory / "worker.log").read_text())
    worker.terminate()
    assert worker.wait(timeout=60) == 0


def test_a_worker_that_is_asked_to_drain_takes_nothing_new_until_it_is_stopped(bench: Bench, start: Start) -> None:
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


def test_the_commands_of_a_killed_worker_die_and_their_jobs_run_again(bench: Bench, start: Start) -> None:
    worker = start(heartbeat_timeout=1)
    job_id = bench.enqueue(FAMILY, cwd=str(bench.directory), max_retries=1, backoff_base=0)
    pids = bench.pids("pids", 4)
    worker.kill()
    worker.wait()
    eventually(lambda: not any(map(is_alive, pids)))
    (bench.directory / "pids").unlink()
    start(heartbeat_timeout=1)
    assert bench.pids("pids", 4)
    attempts = bench.history(bench.store.jobs.get(job_id))
    assert [attempt.outcome for attempt in attempts] == [Outcome.LOST, Outcome.PROCESSING]


def test_the_jobs_of_a_worker_that_died_are_back_at_once_when_it_is_started_again(bench: Bench, start: Start) -> None:
    worker = start()
    job_id = bench.enqueue("[ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600", max_retries=1, backoff_base=0)
    bench.in_state(job_id, State.PROCESSING)
    worker.kill()
    worker.wait()
    start()
    job = bench.ended(job_id)
    assert (job.state, job.attempts) == (State.COMPLETED, 2)
    [lost, _] = bench.history(job)
    assert lost.error == f"worker {lost.worker} was lost"
    assert lost.ended_at is not None
    assert lost.ended_at - lost.started_at < 20, "it did not wait for the end of the lease"
    assert [path.name for path in (bench.directory / "queue.workers").iterdir()] == [bench.store.workers.all()[0].id]


def test_commands_that_survived_the_death_of_both_worker_and_spawner_are_dead_before_the_job_runs_again(
    bench: Bench, start: Start
) -> None:
    worker = start()
    look = r"for pid in $(cat pids); do grep -q '^State:.[^Z]' /proc/$pid/status && echo $pid >>alive; done"
    again = f"[ $QUEUECTL_ATTEMPT = 1 ] || {{ {look}; exit 0; }};"
    job_id = bench.enqueue(again + FAMILY, cwd=str(bench.directory), max_retries=1, backoff_base=0)
    pids = bench.pids("pids", 4)
    [spawner] = children(worker.pid)
    worker.send_signal(signal.SIGSTOP)  # or it would see its spawner die
    os.kill(spawner, signal.SIGKILL)
    worker.kill()
    worker.wait()
    start()
    assert bench.ended(job_id).attempts == 2
    assert not any(map(is_alive, pids))
    assert not (bench.directory / "alive").exists()


def test_a_worker_outlives_its_spawner(bench: Bench, start: Start) -> None:
    worker = start()
    job_id = bench.enqueue(FAMILY, cwd=str(bench.directory))
    pids = bench.pids("pids", 4)
    [spawner] = children(worker.pid)
    os.kill(spawner, signal.SIGKILL)
    job = bench.ended(job_id)
    assert job.error == f"worker {job.worker} was lost"
    eventually(lambda: not any(map(is_alive, pids)))
    assert bench.run("true").state is State.COMPLETED


def test_a_worker_that_was_stopped_for_too_long_loses_its_jobs_and_begins_anew(bench: Bench, start: Start) -> None:
    sleeper = start(heartbeat_timeout=1.5)
    job_id = bench.enqueue(
        "echo $$ >>pids; [ $QUEUECTL_ATTEMPT = 2 ] || exec sleep 600",
        cwd=str(bench.directory),
        max_retries=1,
        backoff_base=0,
    )
    [pid] = bench.pids("pids", 1)
    before = {worker.id for worker in bench.store.workers.all()}
    sleeper.send_signal(signal.SIGSTOP)
    eventually(lambda: not is_alive(pid))
    assert bench.store.jobs.get(job_id).state is State.PROCESSING, "its command died before anybody could run it again"
    eventually(bench.store.workers.reap)
    sleeper.send_signal(signal.SIGCONT)
    job = bench.ended(job_id)
    assert job.state is State.COMPLETED
    assert [attempt.outcome for attempt in bench.history(job)] == [Outcome.LOST, Outcome.COMPLETED]
    eventually(lambda: {worker.id for worker in bench.store.workers.all()} - before)


def test_a_locked_database_holds_it_up_and_nothing_is_lost(bench: Bench, start: Start) -> None:
    start()
    job_id = bench.enqueue("echo started >>progress; while [ ! -e go ]; do sleep 0.02; done", cwd=str(bench.directory))
    bench.written("progress")
    with bench.store.transaction():
        (bench.directory / "go").touch()
        time.sleep(0.5)  # its command has ended by now, and it cannot say so
        assert bench.store.jobs.get(job_id).state is State.PROCESSING
    assert bench.ended(job_id).state is State.COMPLETED


def test_a_log_directory_that_cannot_be_written_holds_it_up(bench: Bench, start: Start) -> None:
    logs = bench.directory / "logs"
    logs.write_text("in the way")
    start()
    printer = bench.enqueue("seq 100000")
    told = f"holding still: output cannot be written to {logs}: Not a directory; commands wait where they print"
    eventually(lambda: told in (bench.directory / "worker.log").read_text())
    waiting = bench.enqueue("true")
    time.sleep(1.5)  # in which it has looked several times
    assert bench.store.jobs.get(printer).state is State.PROCESSING
    assert bench.store.jobs.get(waiting).state is State.PENDING, "nothing is begun meanwhile"
    logs.unlink()
    job = bench.ended(printer)
    assert (job.state, job.attempts) == (State.COMPLETED, 1)
    assert bench.output(job) == b"".join(b"%d\n" % number for number in range(1, 100_001))
    assert bench.ended(waiting).state is State.COMPLETED
    eventually(lambda: "going on" in (bench.directory / "worker.log").read_text())


def test_a_command_whose_output_cannot_be_written_can_be_stopped(bench: Bench, start: Start) -> None:
    (bench.directory / "logs").write_text("in the way")
    start()
    late = bench.enqueue("seq 100000", timeout=1)
    cancelled, ended = bench.enqueue("seq 100000"), bench.enqueue("seq 1000")
    eventually(lambda: "holding still" in (bench.directory / "worker.log").read_text())
    bench.store.queue.cancel(cancelled)
    bench.in_state(cancelled, State.CANCELLED)
    assert bench.ended(late).error == "timed out after 1 s"
    assert bench.store.jobs.get(ended).state is State.PROCESSING, "its output is not kept yet"
    (bench.directory / "logs").unlink()
    assert len(bench.output(bench.ended(ended))) == 3893


def test_a_worker_whose_output_cannot_be_written_can_be_stopped(bench: Bench, start: Start) -> None:
    (bench.directory / "logs").write_text("in the way")
    worker = start(drain_grace=0.2)
    jobs = [bench.enqueue("seq 1000"), bench.enqueue("seq 100000")]
    eventually(lambda: "holding still" in (bench.directory / "worker.log").read_text())
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    assert [bench.store.jobs.get(job).state for job in jobs] == [State.PENDING, State.PENDING]


def test_what_was_printed_before_the_worker_was_killed_is_kept(bench: Bench, start: Start) -> None:
    worker = start()
    job_id = bench.enqueue("seq 20000; echo printed >printed; sleep 600", cwd=str(bench.directory))
    short = bench.enqueue("printf short; echo printed >short; sleep 600", cwd=str(bench.directory))
    bench.written("printed")
    bench.written("short")
    worker.kill()
    worker.wait()
    whole = b"".join(b"%d\n" % number for number in range(1, 20_001))
    eventually(lambda: bench.output(bench.store.jobs.get(job_id)) == whole)
    eventually(lambda: bench.output(bench.store.jobs.get(short)) == b"short")
