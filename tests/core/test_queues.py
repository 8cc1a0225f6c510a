"""Queues that are paused or limited, and what a queue says of itself."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.attempt import NOTHING
from queuectl_core.event import Kind
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from queuectl_core.worker import Worker
from tests.core.working import FAILURE, SUCCESS, register, take


def fill(store: Store, queue: str, jobs: int, **fields: object) -> list[str]:
    """Jobs named after their queue, so that the order of their ids is that of their arrival."""
    new = [NewJob.model_validate({"command": "true", "queue": queue, **fields}) for _ in range(jobs)]
    return [store.queue.enqueue(job) for job in new]


def taken(store: Store, worker: str, limit: int) -> list[str]:
    return [claim.queue for claim in take(store, worker, limit)]


def test_a_paused_queue_gives_nothing_until_it_is_resumed(store: Store) -> None:
    fill(store, "calm", 2, priority=9)
    fill(store, "busy", 1)
    store.queues.set_paused("calm", True)
    assert taken(store, "w", 10) == ["busy"]
    assert [claim.queue for claim in take(store, "w", 10, ["calm"])] == []
    store.queues.set_paused("calm", False)
    assert taken(store, "w", 10) == ["calm", "calm"]


def test_what_runs_in_a_queue_that_is_paused_runs_on(store: Store) -> None:
    fill(store, "calm", 1)
    [claim] = take(store, "w", 1)
    store.queues.set_paused("calm", True)
    assert store.leases.complete(claim.lease, SUCCESS) is True


def test_a_limit_counts_over_all_workers_and_leaves_their_other_slots_to_others(
    store: Store, open_store: Callable[[], Store]
) -> None:
    other = open_store()
    fill(store, "gpu", 9, priority=9)
    fill(store, "default", 3)
    store.queues.set_limit("gpu", 3)
    assert taken(store, "w1", 2) == ["gpu", "gpu"]
    assert taken(other, "w2", 3) == ["gpu", "default", "default"]
    assert taken(store, "w1", 9) == ["default"]


@pytest.mark.parametrize("end", ["complete", "fail", "release"])
def test_a_slot_of_a_limit_is_free_again_when_a_job_has_ended(store: Store, end: str) -> None:
    fill(store, "gpu", 3, backoff_base=0)
    store.queues.set_limit("gpu", 1)
    [claim] = take(store, "w", 9)
    assert taken(store, "w", 9) == []
    getattr(store.leases, end)(claim.lease, {"complete": SUCCESS, "fail": FAILURE, "release": NOTHING}[end])
    assert taken(store, "w", 9) == ["gpu"]


def test_a_limit_can_be_lowered_below_what_runs_and_taken_away(store: Store) -> None:
    fill(store, "gpu", 6)
    claims = take(store, "w", 3)
    store.queues.set_limit("gpu", 2)
    for claim in claims[:2]:
        assert taken(store, "w", 9) == []
        store.leases.complete(claim.lease, SUCCESS)
    assert taken(store, "w", 9) == ["gpu"]
    store.queues.set_limit("gpu", None)
    assert taken(store, "w", 9) == ["gpu", "gpu"]


def test_a_worker_that_names_a_queue_twice_takes_from_it_once(store: Store) -> None:
    fill(store, "gpu", 2)
    store.queues.set_limit("gpu", 1)
    assert [claim.queue for claim in take(store, "w", 9, ["gpu", "gpu"])] == ["gpu"]


def test_no_lock_is_taken_where_only_paused_and_full_queues_have_jobs_that_are_due(
    store: Store, database: Path
) -> None:
    fill(store, "calm", 1)
    fill(store, "calm", 1, run_at="2020-01-01T00:00:00Z")
    fill(store, "full", 2)
    fill(store, "later", 1, delay=3600)
    store.queues.set_paused("calm", True)
    store.queues.set_limit("full", 1)
    assert taken(store, "w", 9) == ["full"]
    with Store(database, durable=False, busy_seconds=0) as other, store.transaction():
        assert other.leases.claim("w", 9) == []


def test_a_time_that_comes_in_a_paused_queue_is_not_waited_for_again(store: Store, database: Path) -> None:
    [job_id] = fill(store, "calm", 1, delay=0.05)
    store.queues.set_paused("calm", True)
    due = store.leases.next_due()
    assert due is not None
    time.sleep(max(0, due - time.time()) + 0.01)
    assert taken(store, "w", 9) == []
    assert store.leases.next_due() is None, "a worker would look again and again"
    with Store(database, durable=False, busy_seconds=0) as other, store.transaction():
        assert other.leases.claim("w", 9) == []
    store.queues.set_paused("calm", False)
    assert [claim.job_id for claim in take(store, "w", 9)] == [job_id]


def test_a_queue_says_how_it_is_doing(store: Store) -> None:
    first, *_ = fill(store, "gpu", 3, priority=-1)
    fill(store, "gpu", 1, priority=1)
    fill(store, "gpu", 1, delay=3600)
    take(store, "w", 1)
    queue = store.queues.get("gpu")
    assert (queue.jobs[State.PENDING], queue.jobs[State.PROCESSING], queue.ready) == (4, 1, 3)
    assert queue.oldest == first
    assert queue.latency >= time.time() - store.jobs.get(first).created_at - 1


def test_what_is_due_counts_as_ready_before_a_worker_has_seen_it(store: Store) -> None:
    [late] = fill(store, "gpu", 1, delay=0.01)
    fill(store, "gpu", 1, delay=3600)
    time.sleep(0.02)
    fill(store, "gpu", 1)
    queue = store.queues.get("gpu")
    assert (queue.ready, queue.oldest) == (2, late)


def test_a_queue_in_which_nothing_is_due_has_no_latency(store: Store) -> None:
    fill(store, "gpu", 1, delay=3600)
    queue = store.queues.get("gpu")
    assert (queue.ready, queue.oldest, queue.latency) == (0, None, 0.0)


def test_slots_are_those_of_the_workers_that_take_from_a_queue(store: Store) -> None:
    register(store, "of all")
    register(store, "stops")
    store.workers.drain("stops")
    for name, queues in (("some", ["gpu", "cpu"]), ("others", ["cpu"])):
        store.workers.register(Worker(name, "host", 1, 3, 0, queues, False, 0, 0), 30)
    assert store.queues.get("gpu").slots == 4 + 3


def test_queues_are_listed_by_name_with_those_that_are_only_paused_or_limited(store: Store) -> None:
    fill(store, "m", 1)
    store.queue.delete(fill(store, "once", 1)[0])
    store.queues.set_paused("z", True)
    store.queues.set_limit("a", 2)
    listed = {queue.name: (queue.paused, queue.limit) for queue in store.queues.all()}
    assert list(listed) == ["a", "m", "once", "z"]
    assert (listed["a"], listed["m"], listed["z"]) == ((False, 2), (False, None), (True, None))
    store.queues.set_paused("z", False)
    store.queues.set_limit("a", None)
    assert [queue.name for queue in store.queues.all()] == ["m", "once"]


def test_changed_settings_are_told(store: Store) -> None:
    before = store.events.latest()
    store.queues.set_paused("gpu", True)
    store.config.set("timeout", 5)
    told = [(event.kind, event.subject) for event in store.events.after(before)]
    assert told == [(Kind.QUEUE, "gpu"), (Kind.CONFIG, "timeout")]


def test_a_worker_says_what_it_runs(store: Store) -> None:
    first, second, _ = fill(store, "gpu", 3)
    take(store, "w1", 1)
    take(store, "w1", 1)
    register(store, "w2")
    running = store.workers.running()
    assert running.keys() == {"w1"}
    assert [(job.id, job.command, job.queue, job.attempts) for job in running["w1"]] == [
        (first, "true", "gpu", 1),
        (second, "true", "gpu", 1),
    ]
