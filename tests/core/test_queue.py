"""Enqueue, cancel, retry, delete: from which states, and what they leave behind."""

import pytest

from queuectl_core.errors import JobExists, JobNotFound, WrongState
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, SUCCESS, claim_one, register, take


def dead_job(store: Store, job_id: str, queue: str = "default") -> None:
    store.queue.enqueue(NewJob(id=job_id, command="false", max_retries=0, queue=queue))
    store.leases.fail(claim_one(store).lease, FAILURE)


def test_ids_given_by_the_queue_sort_by_time(store: Store) -> None:
    ids = [store.queue.enqueue(NewJob(command="true")) for _ in range(50)]
    assert ids == sorted(ids)


def test_an_id_is_used_once(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    with pytest.raises(JobExists, match="'a' exists already"):
        store.queue.enqueue(NewJob(id="a", command="false"))
    assert store.jobs.get("a").command == "true"
    assert store.jobs.counts()[State.PENDING] == 1


def test_everything_given_comes_back(store: Store) -> None:
    given = NewJob(
        id="full", command="echo 'ü'", queue="gpu", priority=-3, delay=60, max_retries=0, backoff_base=0.5,
        timeout=1.5, env={"A": "b=c\n"}, cwd="/tmp", tags=["x", "y", "x"],
    )  # fmt: skip
    store.queue.enqueue(given)
    job = store.jobs.get("full")
    for field in (
        "command",
        "queue",
        "priority",
        "max_retries",
        "backoff_base",
        "timeout",
        "env",
        "cwd",
        "tags",
    ):
        assert getattr(job, field) == getattr(given, field)
    assert job.next_run_at == pytest.approx(job.created_at + 60)


def test_a_waiting_job_is_cancelled_at_once(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    store.queue.cancel("a")
    assert store.jobs.get("a").state is State.CANCELLED
    assert take(store, "w1", 1) == []


def test_a_running_job_is_cancelled_when_its_worker_has_stopped_it(store: Store) -> None:
    register(store)
    store.queue.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    store.queue.cancel("a")
    store.queue.cancel("a")
    assert store.jobs.get("a").state is State.PROCESSING
    assert store.leases.held("w1") == {lease: True}
    store.leases.fail(lease, FAILURE)
    job = store.jobs.get("a")
    assert (job.state, job.cancelling) == (State.CANCELLED, False)


@pytest.mark.parametrize("state", ["completed", "dead", "cancelled"])
def test_what_has_ended_cannot_be_cancelled(store: Store, state: str) -> None:
    store.queue.enqueue(NewJob(id="a", command="true", max_retries=0))
    if state == "cancelled":
        store.queue.cancel("a")
    elif state == "completed":
        store.leases.complete(claim_one(store).lease, SUCCESS)
    else:
        store.leases.fail(claim_one(store).lease, FAILURE)
    with pytest.raises(WrongState, match=f"'a' is {state}"):
        store.queue.cancel("a")
    assert store.jobs.get("a").state == state


def test_a_retried_job_has_fresh_attempts_and_keeps_its_history(store: Store) -> None:
    dead_job(store, "a")
    store.queue.retry("a")
    job = store.jobs.get("a")
    assert (job.state, job.attempts, job.error, job.exit_code) == (State.PENDING, 0, None, None)
    claim = claim_one(store)
    assert claim.lease.attempt == 2
    assert [attempt.number for attempt in store.jobs.history(claim.lease.seq)] == [1, 2]


def test_a_failed_job_that_a_person_retries_is_due_now(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true", backoff_base=1000))
    store.leases.fail(claim_one(store).lease, FAILURE)
    store.queue.retry("a")
    assert claim_one(store).job_id == "a"


def test_a_job_that_is_well_cannot_be_retried(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    with pytest.raises(WrongState, match="only a job that is dead, cancelled or failed"):
        store.queue.retry("a")
    store.queue.cancel("a")
    with pytest.raises(WrongState, match="only a job that is dead can"):
        store.queue.retry("a", only=State.DEAD)


def test_a_deleted_job_is_gone_with_its_history(store: Store) -> None:
    dead_job(store, "a")
    seq, attempts = store.queue.delete("a")
    assert attempts == 1
    assert store.jobs.history(seq) == []
    with pytest.raises(JobNotFound):
        store.jobs.get("a")
    store.queue.enqueue(NewJob(id="a", command="true"))
    assert store.jobs.get("a").seq > seq, "a log file of the old one must never be taken for the new one's"


def test_a_running_job_is_deleted_only_by_force_and_its_lease_is_gone(store: Store) -> None:
    register(store)
    store.queue.enqueue(NewJob(id="a", command="true"))
    lease = claim_one(store).lease
    with pytest.raises(WrongState, match="cancel it first, or force"):
        store.queue.delete("a")
    store.queue.delete("a", force=True)
    assert store.leases.held("w1") == {}
    assert store.leases.complete(lease, SUCCESS) is False


def test_old_finished_jobs_expire_and_dead_ones_stay(store: Store) -> None:
    dead_job(store, "dead")
    store.queue.enqueue(NewJob(id="done", command="true"))
    store.leases.complete(claim_one(store).lease, SUCCESS)
    assert store.queue.expire(retention=60) == []
    assert len(store.queue.expire(retention=-1)) == 1
    assert [job.id for job in store.jobs.page(Filter(), limit=9).items] == ["dead"]
