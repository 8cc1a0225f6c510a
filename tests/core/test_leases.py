"""Claims, reports, fencing tokens, and workers that are gone."""

import os
import time
from collections.abc import Callable

import pytest

from queuectl_core.attempt import NOTHING, Lease, Outcome, Printed
from queuectl_core.errors import WorkerNotFound
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, SUCCESS, claim_one, die, register, take


def test_higher_priority_first_then_first_come_first_served(store: Store) -> None:
    for name, priority, queue in [("a", 0, "x"), ("b", 5, "y"), ("c", 0, "y"), ("d", 5, "x"), ("e", -1, "x")]:
        store.queue.enqueue(NewJob(id=name, command="true", priority=priority, queue=queue))
    assert [claim.job_id for claim in take(store, "w", 10)] == ["b", "d", "a", "c", "e"]


def test_a_worker_of_some_queues_takes_from_those_only(store: Store) -> None:
    for queue in ("x", "y", "z"):
        store.queue.enqueue(NewJob(id=queue, command="true", queue=queue))
    assert [claim.job_id for claim in take(store, "w", 10, ["z", "x"])] == ["x", "z"]


def test_a_delayed_job_waits_for_its_time(store: Store) -> None:
    store.queue.enqueue(NewJob(id="later", command="true", delay=0.05, priority=9))
    store.queue.enqueue(NewJob(id="now", command="true"))
    assert claim_one(store).job_id == "now"
    due = store.leases.next_due()
    assert due is not None
    time.sleep(max(0, due - time.time()))
    assert claim_one(store).job_id == "later"
    assert store.leases.next_due() is None


def test_a_job_is_claimed_once(store: Store, open_store: Callable[[], Store]) -> None:
    other = open_store()
    for _ in range(20):
        store.queue.enqueue(NewJob(command="true"))
    claims = [claim for _ in range(5) for side in (store, other) for claim in take(side, "w", 3)]
    assert len({claim.lease.seq for claim in claims}) == len(claims) == 20


def test_failures_lead_to_the_dlq_after_the_last_retry(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="false", max_retries=2, backoff_base=0))
    states = []
    for _ in range(3):
        store.leases.fail(claim_one(store).lease, FAILURE)
        states.append(store.jobs.get("a").state)
    assert states == [State.FAILED, State.FAILED, State.DEAD]
    job = store.jobs.get("a")
    assert (job.attempts, job.exit_code, job.error, job.next_run_at) == (3, 3, "exit status 3", None)
    assert [attempt.outcome for attempt in store.jobs.history(job.seq)] == [Outcome.FAILED] * 3


def test_a_failed_job_waits_for_its_backoff(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="false"))
    store.leases.fail(claim_one(store).lease, FAILURE)
    job = store.jobs.get("a")
    assert job.next_run_at == pytest.approx(job.updated_at + 2)
    assert take(store, "w", 1) == []


def test_an_outdated_lease_changes_nothing(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true", backoff_base=0))
    old = claim_one(store).lease
    store.leases.fail(old, FAILURE)
    new = claim_one(store).lease
    before = store.jobs.get("a")
    assert store.leases.complete(old, SUCCESS) is False
    assert store.leases.fail(old, FAILURE) is False
    assert store.leases.release(old, NOTHING) is False
    assert store.leases.complete(Lease(new.seq, new.attempt, "an impostor"), SUCCESS) is False
    assert store.jobs.get("a") == before
    assert store.leases.complete(new, SUCCESS) is True


def test_a_job_handed_back_has_used_up_no_attempt(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true", max_retries=0))
    store.leases.release(claim_one(store).lease, Printed(5))
    job = store.jobs.get("a")
    assert (job.state, job.attempts, job.error) == (State.PENDING, 0, None)
    assert [attempt.outcome for attempt in store.jobs.history(job.seq)] == [Outcome.RELEASED]
    store.leases.complete(claim_one(store).lease, SUCCESS)
    assert store.jobs.get("a").attempts == 1


def test_a_cancelled_job_is_not_handed_back(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    store.queue.cancel("a")
    store.leases.release(lease, NOTHING)
    assert store.jobs.get("a").state is State.CANCELLED


def test_the_jobs_of_a_worker_whose_heartbeats_stopped_have_failed(store: Store) -> None:
    register(store, "gone", lease_seconds=-1)
    register(store, "alive")
    store.queue.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store, "gone").lease
    assert store.workers.reap() == ["gone"]
    job = store.jobs.get("a")
    assert (job.state, job.error, job.attempts) == (State.FAILED, "worker gone was lost", 1)
    assert [worker.id for worker in store.workers.all()] == ["alive"]
    assert store.leases.complete(lease, SUCCESS) is False
    with pytest.raises(WorkerNotFound):
        store.workers.heartbeat("gone", 30)


def test_a_heartbeat_keeps_the_leases(store: Store) -> None:
    register(store, "w1", lease_seconds=0.3)
    store.workers.heartbeat("w1", 30)
    time.sleep(0.4)
    assert store.workers.reap() == []


def test_a_heartbeat_that_comes_too_late_keeps_nothing(store: Store) -> None:
    register(store, "w1", lease_seconds=-1)
    with pytest.raises(WorkerNotFound):
        store.workers.heartbeat("w1", 30)


def test_a_worker_that_died_is_buried_at_once(store: Store, open_store: Callable[[], Store]) -> None:
    register(dying := open_store(), "w1")
    store.queue.enqueue(NewJob(id="a", command="true"))
    claim_one(dying)
    assert store.workers.silent() == []
    die(dying, "w1")
    assert store.workers.silent() == ["w1"]
    assert store.workers.reap() == [], "only who can look after its commands need not wait for the end of the lease"
    assert store.workers.bury("w1") is True
    assert (store.jobs.get("a").error, store.workers.silent()) == ("worker w1 was lost", [])


def test_a_heartbeat_that_a_power_cut_has_emptied_is_that_of_a_dead_worker(store: Store) -> None:
    register(store, "w1")
    store.queue.enqueue(NewJob(id="a", command="true"))
    claim_one(store)
    die(store, "w1")
    heartbeat = store.path.with_suffix(".workers") / "w1"
    heartbeat.write_bytes(b"")
    assert store.workers.bury("w1") is False, "it may be that of a worker which is just being born"
    os.utime(heartbeat, (0, 0))
    assert store.workers.silent() == ["w1"]
    assert store.workers.bury("w1") is True
    assert store.jobs.get("a").error == "worker w1 was lost"


def test_a_worker_that_is_frozen_keeps_its_jobs_as_long_as_its_commands_exist(store: Store) -> None:
    register(store, "w1", lease_seconds=0)
    store.queue.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    assert store.workers.silent() == ["w1"]
    assert store.workers.bury("w1") is False
    assert store.workers.reap() == []
    assert list(store.leases.held("w1")) == [lease]
    die(store, "w1")
    assert store.workers.reap() == ["w1"]


def test_a_job_that_kills_its_worker_every_time_ends_in_the_dlq(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="kill worker", max_retries=1, backoff_base=0))
    for name in ("first", "second"):
        register(store, name, lease_seconds=-1)
        claim_one(store, name)
        store.workers.reap()
    job = store.jobs.get("a")
    assert (job.state, job.error) == (State.DEAD, "worker second was lost")


def test_only_a_registered_worker_that_does_not_drain_gets_a_lease(store: Store) -> None:
    store.queue.enqueue(NewJob(command="true"))
    with pytest.raises(WorkerNotFound):
        store.leases.claim("a stranger", 1)
    register(store)
    store.workers.drain("w1")
    assert store.leases.claim("w1", 1) == []
    assert store.jobs.counts()[State.PENDING] == 1


def test_a_worker_that_is_asked_to_drain_says_so(store: Store) -> None:
    register(store)
    assert store.workers.drain("w1").draining is True
    store.workers.unregister("w1")
    with pytest.raises(WorkerNotFound):
        store.workers.drain("w1")


def test_busy_counts_what_a_worker_holds(store: Store) -> None:
    register(store)
    for _ in range(3):
        store.queue.enqueue(NewJob(command="true"))
    take(store, "w1", 2)
    assert store.workers.get("w1").busy == 2
