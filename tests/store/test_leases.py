"""Claims, reports, leases, and workers that died."""

import time

import pytest

from queuectl_core.model.attempt import NOTHING, Ended, Lease, Outcome, Printed, Used
from queuectl_core.model.errors import WorkerNotFound
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, claim_one, die, note_unreported, register, take
from tests.store.backend import Backend, OpenStore


def test_higher_priority_first_then_first_come_first_served(store: Store) -> None:
    for name, priority in [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)]:
        store.enqueue(NewJob(id=name, command="true", priority=priority))
    assert [claim.job_id for claim in take(store, "w", 10)] == ["b", "d", "a", "c", "e"]


def test_a_worker_of_some_queues_takes_from_those_only(store: Store) -> None:
    for queue in ("x", "y", "z"):
        store.enqueue(NewJob(id=queue, command="true", queue=queue))
    assert sorted(claim.job_id for claim in take(store, "w", 10, ["z", "x"])) == ["x", "z"]


def test_a_delayed_job_waits_for_its_time(store: Store) -> None:
    store.enqueue(NewJob(id="later", command="true", delay=1.5, priority=9))
    store.enqueue(NewJob(id="now", command="true"))
    assert claim_one(store).job_id == "now"
    due = store.claims.next_due()
    assert due is not None
    time.sleep(max(0, due - time.time()))
    assert claim_one(store).job_id == "later"
    assert store.claims.next_due() is None


def test_a_job_is_claimed_once(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    for _ in range(20):
        store.enqueue(NewJob(command="true"))
    claims = [claim for _ in range(5) for side in (store, other) for claim in take(side, "w", 3)]
    assert len({claim.lease.seq for claim in claims}) == len(claims) == 20


def test_of_successes_reported_together_only_those_with_a_lease_count(store: Store) -> None:
    for name in "abc":
        store.enqueue(NewJob(id=name, command="true"))
    leases = [claim.lease for claim in take(store, "w", 3)]
    store.reports.hand_back(leases[1], NOTHING)
    whole, used = Printed(4, b"\xff\0hi", b""), Used(0.5, 4096)
    ends = [Ended(0, None, whole, used, "a note"), SUCCESS, SUCCESS]
    assert store.reports.complete_all([*zip(reversed(leases), reversed(ends), strict=True)]) == [leases[1]]
    assert [store.jobs.get(name).state for name in "abc"] == [State.COMPLETED, State.PENDING, State.COMPLETED]
    [attempt] = store.jobs.history(leases[0].seq)
    assert (attempt.output_bytes, attempt.cpu_seconds, attempt.memory_bytes, attempt.note) == (4, 0.5, 4096, "a note")
    assert store.jobs.output(leases[0].seq, 1) == b"\xff\0hi"
    assert store.jobs.output(leases[2].seq, 1) is None
    assert store.reports.complete_all([]) == []


def test_failures_lead_to_the_dlq_after_the_last_retry(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="false", max_retries=2, backoff_base=0))
    states = []
    for _ in range(3):
        store.reports.fail(claim_one(store).lease, FAILURE)
        states.append(store.jobs.get("a").state)
    assert states == [State.FAILED, State.FAILED, State.DEAD]
    job = store.jobs.get("a")
    assert (job.attempts, job.exit_code, job.error, job.next_run_at) == (3, 3, "exit status 3", None)
    assert [attempt.outcome for attempt in store.jobs.history(job.seq)] == [Outcome.FAILED] * 3


def test_a_failed_job_waits_for_its_backoff(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="false"))
    store.reports.fail(claim_one(store).lease, FAILURE)
    job = store.jobs.get("a")
    assert job.next_run_at == pytest.approx(job.updated_at + 2)
    assert take(store, "w", 1) == []


def test_a_report_on_an_expired_lease_changes_nothing(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true", backoff_base=0))
    old = claim_one(store).lease
    store.reports.fail(old, FAILURE)
    new = claim_one(store).lease
    before = store.jobs.get("a")
    assert store.reports.complete(old, SUCCESS) is False
    assert store.reports.fail(old, FAILURE) is False
    assert store.reports.hand_back(old, NOTHING) is False
    assert store.reports.complete(Lease(new.seq, new.attempt, "an impostor"), SUCCESS) is False
    assert store.jobs.get("a") == before
    assert store.reports.complete(new, SUCCESS) is True


def test_handing_a_job_back_uses_up_no_attempt(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true", max_retries=0))
    store.reports.hand_back(claim_one(store).lease, Printed(5))
    job = store.jobs.get("a")
    assert (job.state, job.attempts, job.error) == (State.PENDING, 0, None)
    assert [attempt.outcome for attempt in store.jobs.history(job.seq)] == [Outcome.HANDED_BACK]
    store.reports.complete(claim_one(store).lease, SUCCESS)
    assert store.jobs.get("a").attempts == 1


def test_a_cancelled_job_is_not_handed_back(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    store.actions.cancel("a")
    store.reports.hand_back(lease, NOTHING)
    assert store.jobs.get("a").state is State.CANCELLED


def test_the_jobs_of_a_worker_without_heartbeats_fail(store: Store) -> None:
    register(store, "gone", lease_seconds=-1)
    register(store, "alive")
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store, "gone").lease
    assert store.workers.reap_expired() == ["gone"]
    job = store.jobs.get("a")
    assert (job.state, job.error, job.attempts) == (State.FAILED, "worker gone was lost", 1)
    assert [worker.id for worker in store.workers.all()] == ["alive"]
    assert store.reports.complete(lease, SUCCESS) is False
    with pytest.raises(WorkerNotFound):
        store.workers.heartbeat("gone", 30)


def test_a_heartbeat_renews_the_leases(store: Store) -> None:
    register(store, "w1", lease_seconds=0.3)
    store.workers.heartbeat("w1", 30)
    time.sleep(0.4)
    assert store.workers.reap_expired() == []


def test_a_late_heartbeat_renews_no_lease(store: Store) -> None:
    register(store, "w1", lease_seconds=-1)
    with pytest.raises(WorkerNotFound):
        store.workers.heartbeat("w1", 30)


def test_a_dead_worker_of_this_host_is_reaped_at_once(store: Store, open_store: OpenStore) -> None:
    register(dying := open_store(), "w1")
    store.enqueue(NewJob(id="a", command="true"))
    claim_one(dying)
    assert store.workers.expired() == []
    die(dying, "w1")
    assert store.workers.expired() == ["w1"]
    assert store.workers.reap_expired() == [], (
        "only who can look after its commands need not wait for the end of the lease"
    )
    assert store.workers.reap("w1") is True
    assert (store.jobs.get("a").error, store.workers.expired()) == ("worker w1 was lost", [])


def test_a_frozen_worker_keeps_its_jobs_while_its_commands_exist(store: Store) -> None:
    register(store, "w1", lease_seconds=0)
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    assert store.workers.expired() == ["w1"]
    assert store.workers.reap("w1") is False
    assert store.workers.reap_expired() == []
    assert list(store.reports.held("w1")) == [lease]
    die(store, "w1")
    assert store.workers.reap_expired() == ["w1"]


def test_a_job_that_always_kills_its_worker_ends_in_the_dlq(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="kill worker", max_retries=1, backoff_base=0))
    for name in ("first", "second"):
        register(store, name, lease_seconds=-1)
        claim_one(store, name)
        store.workers.reap_expired()
    job = store.jobs.get("a")
    assert (job.state, job.error) == (State.DEAD, "worker second was lost")


def test_only_a_registered_worker_that_does_not_drain_gets_a_lease(store: Store) -> None:
    store.enqueue(NewJob(command="true"))
    with pytest.raises(WorkerNotFound):
        store.claims.claim("a stranger", 1)
    register(store)
    store.workers.drain("w1")
    assert store.claims.claim("w1", 1) == []
    assert store.jobs.counts()[State.PENDING] == 1


def test_a_draining_worker_is_shown_as_draining(store: Store) -> None:
    register(store)
    assert store.workers.drain("w1").draining is True
    store.workers.unregister("w1")
    with pytest.raises(WorkerNotFound):
        store.workers.drain("w1")


def test_busy_counts_the_leases_of_a_worker(store: Store) -> None:
    register(store)
    for _ in range(3):
        store.enqueue(NewJob(command="true"))
    take(store, "w1", 2)
    assert store.workers.get("w1").busy == 2


def test_a_worker_is_alive_as_long_as_its_leases(store: Store, backend: Backend) -> None:
    register(store, "w1")
    assert store.workers.alive("w1")
    backend.let_leases_expire("w1")
    assert not store.workers.alive("w1")
    assert not store.workers.alive("unknown")


def test_unreported_attempts_of_a_killed_worker_are_known_until_it_is_reaped(
    store: Store, open_store: OpenStore
) -> None:
    register(dying := open_store(), "w1")
    store.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(dying).lease
    note_unreported(dying, "w1", lease)
    die(dying, "w1")
    assert store.workers.unreported("w1") == [(lease.seq, lease.attempt)]
    assert store.workers.reap("w1") is True
    assert store.workers.unreported("w1") == []
