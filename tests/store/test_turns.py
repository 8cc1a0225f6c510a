"""Queues of equal priority take turns; within a queue, first come, first served."""

import itertools
from collections import Counter

import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.store.attempts import SUCCESS, register, take
from tests.store.backend import OpenStore


def fill(store: Store, **jobs: int) -> None:
    """Enqueue jobs by queue, named as in `a0`, one queue after the other."""
    for queue, number in jobs.items():
        for place in range(number):
            store.enqueue(NewJob(id=f"{queue}{place}", command="true", queue=queue))


def run(store: Store, worker: str, batch: int) -> list[str]:
    """Run what a worker claims at once."""
    claims = take(store, worker, batch)
    for claim in claims:
        store.reports.complete(claim.lease, SUCCESS)
    return [claim.job_id for claim in claims]


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_few_jobs_of_one_queue_do_not_wait_for_the_many_of_another(store: Store, batch: int) -> None:
    fill(store, many=40, few=5)
    done = [job for _ in range(45) for job in run(store, "w", batch)]
    assert sorted(done[:10]) == sorted(f"{queue}{place}" for queue in ("few", "many") for place in range(5))
    assert done[10:] == [f"many{place}" for place in range(5, 40)]


def test_queues_are_even_over_many_workers_with_a_slot_each(open_store: OpenStore) -> None:
    stores = [open_store() for _ in range(5)]
    fill(stores[0], a=60, b=60, c=60)
    done = [run(stores[turn % 5], f"w{turn % 5}", 1)[0] for turn in range(60)]
    counts = Counter(job[0] for job in done)
    assert max(counts.values()) - min(counts.values()) <= 5, "each worker is even by itself, but for one job"
    for queue in "abc":
        assert [job for job in done if job[0] == queue] == [f"{queue}{place}" for place in range(counts[queue])]


def test_a_higher_priority_goes_first_over_all_queues_and_takes_turns_as_well(store: Store) -> None:
    fill(store, low=4)
    for _ in range(4):
        store.enqueue(NewJob(command="true", queue="low", priority=1))
    for _ in range(2):
        store.enqueue(NewJob(command="true", queue="other", priority=1))
    register(store, "w")
    queues = [claim.queue for claim in store.claims.claim("w", 6)]
    assert sorted(queues[:2]) == sorted(queues[2:4]) == ["low", "other"]
    assert queues[4:] == ["low", "low"]
    assert run(store, "w", 9) == ["low0", "low1", "low2", "low3"]


def test_a_queue_that_is_often_served_for_its_priority_leaves_the_turn_to_each_other_one(store: Store) -> None:
    fill(store, a=9, b=9, c=9)
    served: Counter[str] = Counter()
    for _ in range(6):
        store.enqueue(NewJob(id=None, command="true", queue="a", priority=1))
        [urgent] = take(store, "w", 1)
        assert urgent.queue == "a"
        served[run(store, "w", 1)[0][0]] += 1
    assert served == {"b": 3, "c": 3}


def test_a_new_queue_waits_for_one_job_of_each_other_queue_at_most(store: Store) -> None:
    fill(store, a=9, b=9)
    run(store, "w", 3)
    fill(store, new=9)
    assert "new0" in run(store, "w", 3)


def test_a_limited_queue_gives_its_turns_to_the_others_while_it_is_full(store: Store) -> None:
    fill(store, full=9, free=9)
    store.queues.set_limit("full", 2)
    assert Counter(claim.queue for claim in take(store, "w", 8)) == {"full": 2, "free": 6}


def test_new_queues_without_end_hold_up_no_queue(store: Store) -> None:
    fill(store, old=3)
    waited = []
    for number in itertools.count():
        fill(store, **{f"new{number}x": 1, f"new{number}y": 1})
        done = run(store, "w", 1)
        if done[0].startswith("old"):
            waited.append(number)
        if len(waited) == 3:
            break
        assert number < 40
