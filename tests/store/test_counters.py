"""Counters for monitoring, which never decrease. The property test of test_series.py compares them, too."""

import pytest

from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.bulk import Action
from queuectl_core.model.counters import BOUNDS, MEASURES, OTHER, bucket
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import SUCCESS, claim_one, job_in_state, take
from tests.store.backend import Backend, OpenStore


def enqueue(store: Store, *queues: str) -> None:
    for queue in queues:
        store.enqueue(NewJob(command="true", queue=queue))


def buckets(counted: dict[str, float], duration: str) -> list[int]:
    """The numbers of the buckets that are not empty."""
    return [number for number in range(len(BOUNDS) + 1) if counted[f"{duration}:{number}"]]


def test_waits_and_runs_fall_into_buckets_and_are_summed_up(store: Store, backend: Backend) -> None:
    enqueue(store, "a")
    backend.shift_jobs(-100)
    claim = claim_one(store)
    backend.shift_jobs(-5000)
    store.reports.complete(claim.lease, SUCCESS)
    counted = store.counters.all()["a"]
    assert [buckets(counted, duration) for duration in ("wait", "run")] == [[bucket(100)], [bucket(5000)]]
    assert 100 <= counted["wait:seconds"] < 1000 < 5000 <= counted["run:seconds"] < 6000


def test_no_sum_decreases_if_the_clock_is_set_back(store: Store, backend: Backend) -> None:
    enqueue(store, "a")
    backend.shift_jobs(3600)
    backend.make_due()
    claim = claim_one(store)
    backend.shift_jobs(3600)
    store.reports.complete(claim.lease, SUCCESS)
    counted = store.counters.all()["a"]
    assert (buckets(counted, "wait"), buckets(counted, "run")) == ([0], [0])
    assert counted["wait:seconds"] == counted["run:seconds"] == 0


def test_only_jobs_retried_by_users_are_counted_as_retried(store: Store) -> None:
    for job_id in [job_in_state(store, state) for state in (State.DEAD, State.CANCELLED, State.FAILED)]:
        store.actions.retry(job_id)
    job_in_state(store, State.DEAD, priority=9)
    assert store.bulk.step(Action.RETRY, Filter((State.DEAD,))).changed == 1
    for claim in take(store, "w1", 9):
        store.reports.hand_back(claim.lease, NOTHING)
    job_in_state(store, State.FAILED, backoff_base=0, priority=10)
    take(store, "w1", 9)  # it is run again by itself
    assert store.counters.all()["default"]["retried"] == 4


def test_a_handed_back_attempt_counts_as_a_wait_but_no_run(store: Store) -> None:
    enqueue(store, "a")
    store.reports.hand_back(claim_one(store).lease, NOTHING)
    counted = store.counters.all()["a"]
    assert (len(buckets(counted, "wait")), buckets(counted, "run"), counted["failed"]) == (1, [], 0)


def test_a_queue_has_all_counters_from_its_first_job_on(store: Store) -> None:
    enqueue(store, "a")
    assert store.counters.all() == {"a": dict.fromkeys(MEASURES, 0) | {"enqueued": 1}}


def test_deleting_jobs_takes_nothing_back(store: Store) -> None:
    for state in (State.COMPLETED, State.DEAD, State.CANCELLED):
        job_in_state(store, state)
    before = store.counters.all()
    store.actions.expire(-1)
    store.bulk.step(Action.DELETE, Filter((State.DEAD,)))
    assert not any(store.jobs.counts().values())
    assert store.counters.all() == before


def test_queues_beyond_the_maximum_are_counted_together(
    store: Store, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.name_at_most(2, monkeypatch)
    enqueue(store, "a", "b", "c", "d", "c", "b")
    with store.transaction():
        enqueue(store, "d", "a", "e")
    assert enqueued(store) == {"a": 2, "b": 2, OTHER: 5}


def enqueued(store: Store) -> dict[str, float]:
    return {queue: counted["enqueued"] for queue, counted in store.counters.all().items()}


def test_a_queue_that_gets_its_own_counters_takes_nothing_from_the_others(
    store: Store, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.name_at_most(1, monkeypatch)
    enqueue(store, "a", "b", "b")
    store.actions.delete(store.jobs.page(Filter(queues=("a",)), limit=1).items[0].id)
    store.queues.delete("a")
    assert enqueued(store) == {OTHER: 2}
    enqueue(store, "b", "a")
    assert enqueued(store) == {OTHER: 3, "b": 1}


def test_several_queues_in_one_transaction_are_counted_each(store: Store, open_store: OpenStore) -> None:
    enqueue(store, "a", "b")
    with open_store() as other, other.transaction():
        for claim in take(other, "w1", 9):
            other.reports.fail(claim.lease, Ended(1, "exit status 1", NOTHING))
        enqueue(other, "b", "c")
    found = store.counters.all()
    assert {queue: (counted["enqueued"], counted["failed"]) for queue, counted in found.items()} == {
        "a": (1, 1),
        "b": (2, 1),
        "c": (1, 0),
    }
