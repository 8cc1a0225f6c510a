"""Why a job is not running yet: the first reason that applies."""

import time

from queuectl_core.model.hold import Hold
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.model.waiting import Reason, Waiting
from queuectl_core.model.worker import Worker
from queuectl_core.store.store import Store
from tests.store.attempts import claim_one, job_in_state, register, take

FULL = Hold("3 MiB of room are left for logs", output_waits=False)


def enqueue(store: Store, **fields: object) -> str:
    return store.enqueue(NewJob.model_validate({"command": "true"} | fields))


def waiting_for(store: Store, job: str) -> Waiting | None:
    return store.waiting_for.of(store.jobs.get(job))


def told(store: Store, job: str) -> tuple[Reason, str] | None:
    waiting = waiting_for(store, job)
    return (waiting.reason, waiting.detail) if waiting else None


def test_the_due_time_is_the_first_reason(store: Store) -> None:
    store.queues.set_paused("default", True)
    waiting = waiting_for(store, enqueue(store, run_at="2099-01-02T03:04:05Z"))
    assert waiting == Waiting(Reason.SCHEDULED, "it is due at 2099-01-02T03:04:05Z", 4071006245.0)


def test_a_job_that_failed_waits_for_its_next_attempt(store: Store) -> None:
    waiting = waiting_for(store, job_in_state(store, State.FAILED))
    assert waiting
    assert waiting.detail.startswith("its next attempt is due at ")
    assert (waiting.until or 0) > time.time()


def test_a_paused_queue_is_named(store: Store) -> None:
    store.queues.set_paused("calm", True)
    assert told(store, enqueue(store, queue="calm")) == (Reason.PAUSED, "queue calm is paused")


def test_a_full_queue_is_named_with_its_limit(store: Store) -> None:
    store.queues.set_limit("calm", 1)
    running, waiting = enqueue(store, queue="calm"), enqueue(store, queue="calm")
    take(store, "w1", 1)
    assert store.jobs.get(running).state is State.PROCESSING
    assert told(store, waiting) == (Reason.LIMIT, "queue calm is at its limit: 1 at once")


def test_no_worker_takes_from_its_queue(store: Store) -> None:
    job, now = enqueue(store, queue="gpu"), time.time()
    assert told(store, job) == (Reason.NO_WORKER, "no worker is alive")
    store.workers.register(Worker("w1", "host", 1, 4, 0, ["mail"], False, now, now), 3600)
    assert told(store, job) == (Reason.NO_WORKER, "no worker takes from queue gpu")
    register(store, "w2")
    store.workers.drain("w2")
    assert told(store, job) == (Reason.NO_WORKER, "the workers that take from queue gpu are draining")


def test_busy_slots_and_jobs_ahead_are_counted(store: Store) -> None:
    for _ in range(4):
        enqueue(store)
    take(store, "w1", 4)
    first, last, urgent = enqueue(store), enqueue(store), enqueue(store, priority=9)
    assert told(store, urgent) == (Reason.SLOTS, "all 4 slots are busy, 0 jobs are before it in queue default")
    assert told(store, first) == (Reason.SLOTS, "all 4 slots are busy, 1 job is before it in queue default")
    assert told(store, last) == (Reason.SLOTS, "all 4 slots are busy, 2 jobs are before it in queue default")


def test_finished_jobs_and_jobs_about_to_start_wait_for_nothing(store: Store) -> None:
    assert told(store, job_in_state(store, State.COMPLETED)) is None
    assert told(store, job_in_state(store, State.CANCELLED)) is None
    assert told(store, enqueue(store)) is None


def test_unavailable_workers_give_their_reason(store: Store) -> None:
    job = enqueue(store)
    register(store, "w1")
    store.workers.hold("w1", FULL)
    assert told(store, job) == (Reason.WORKERS_HOLD_STILL, f"worker w1 is on hold: {FULL.reason}")
    register(store, "w2")
    assert told(store, job) is None, "the other one takes it"
    store.workers.hold("w2", FULL)
    detail = f"all 2 workers that take from its queue are on hold: {FULL.reason}"
    assert told(store, job) == (Reason.WORKERS_HOLD_STILL, detail)
    assert [worker.hold for worker in store.workers.all()] == [FULL, FULL]
    for worker in ("w1", "w2"):
        store.workers.hold(worker, None)
    assert told(store, job) is None


def test_a_running_job_waits_only_if_its_output_cannot_be_written(store: Store) -> None:
    job = enqueue(store)
    claim_one(store)
    store.workers.hold("w1", FULL)
    assert told(store, job) is None
    store.workers.hold("w1", Hold("output cannot be written", output_waits=True))
    assert told(store, job) == (Reason.WORKERS_HOLD_STILL, "worker w1 is on hold: output cannot be written")


def test_a_heartbeat_keeps_the_unavailable_reason(store: Store) -> None:
    register(store, "w1")
    store.workers.hold("w1", FULL)
    store.workers.heartbeat("w1", 3600)
    assert store.workers.get("w1").hold == FULL
