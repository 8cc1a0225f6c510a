"""Pausing, limiting, listing and deleting queues."""

import time

import pytest

from queuectl_core.model.attempt import NOTHING
from queuectl_core.model.errors import QueueNotEmpty, QueueNotFound
from queuectl_core.model.event import EventType
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.model.worker import Worker
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, SUCCESS, job_in_state, register, take
from tests.store.backend import OpenStore


def fill(store: Store, queue: str, jobs: int, **fields: object) -> list[str]:
    """Enqueue jobs; returns their ids, in the order in which they were enqueued."""
    new = [NewJob.model_validate({"command": "true", "queue": queue, **fields}) for _ in range(jobs)]
    return [store.enqueue(job) for job in new]


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


def test_running_jobs_of_a_paused_queue_go_on(store: Store) -> None:
    fill(store, "calm", 1)
    [claim] = take(store, "w", 1)
    store.queues.set_paused("calm", True)
    assert store.reports.complete(claim.lease, SUCCESS) is True


def test_a_limit_applies_to_all_workers_and_leaves_their_other_slots_free(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    fill(store, "gpu", 9, priority=9)
    fill(store, "default", 3)
    store.queues.set_limit("gpu", 3)
    assert taken(store, "w1", 2) == ["gpu", "gpu"]
    assert taken(other, "w2", 3) == ["gpu", "default", "default"]
    assert taken(store, "w1", 9) == ["default"]


@pytest.mark.parametrize("end", ["complete", "fail", "hand_back"])
def test_a_finished_job_frees_a_slot_of_the_limit(store: Store, end: str) -> None:
    fill(store, "gpu", 3, backoff_base=0)
    store.queues.set_limit("gpu", 1)
    [claim] = take(store, "w", 9)
    assert taken(store, "w", 9) == []
    getattr(store.reports, end)(claim.lease, {"complete": SUCCESS, "fail": FAILURE, "hand_back": NOTHING}[end])
    assert taken(store, "w", 9) == ["gpu"]


def test_a_limit_can_be_lowered_below_the_running_jobs_and_removed(store: Store) -> None:
    fill(store, "gpu", 6)
    claims = take(store, "w", 3)
    store.queues.set_limit("gpu", 2)
    for claim in claims[:2]:
        assert taken(store, "w", 9) == []
        store.reports.complete(claim.lease, SUCCESS)
    assert taken(store, "w", 9) == ["gpu"]
    store.queues.set_limit("gpu", None)
    assert taken(store, "w", 9) == ["gpu", "gpu"]


def test_a_queue_listed_twice_by_a_worker_is_used_once(store: Store) -> None:
    fill(store, "gpu", 2)
    store.queues.set_limit("gpu", 1)
    assert [claim.queue for claim in take(store, "w", 9, ["gpu", "gpu"])] == ["gpu"]


def test_no_lock_is_taken_if_only_paused_and_full_queues_have_due_jobs(store: Store, open_store: OpenStore) -> None:
    fill(store, "calm", 1)
    fill(store, "calm", 1, run_at="2020-01-01T00:00:00Z")
    fill(store, "full", 2)
    fill(store, "later", 1, delay=3600)
    store.queues.set_paused("calm", True)
    store.queues.set_limit("full", 1)
    assert taken(store, "w", 9) == ["full"]
    with open_store(busy_seconds=0) as other, store.transaction():
        assert other.claims.claim("w", 9) == []


def test_a_due_time_in_a_paused_queue_is_not_waited_for_again(store: Store, open_store: OpenStore) -> None:
    [job_id] = fill(store, "calm", 1, delay=0.05)
    store.queues.set_paused("calm", True)
    due = store.claims.next_due()
    assert due is not None
    time.sleep(max(0, due - time.time()) + 0.01)
    assert taken(store, "w", 9) == []
    assert store.claims.next_due() is None, "a worker would look again and again"
    with open_store(busy_seconds=0) as other, store.transaction():
        assert other.claims.claim("w", 9) == []
    store.queues.set_paused("calm", False)
    assert [claim.job_id for claim in take(store, "w", 9)] == [job_id]


def test_a_queue_shows_its_counts_and_latency(store: Store) -> None:
    first, *_ = fill(store, "gpu", 3, priority=-1)
    fill(store, "gpu", 1, priority=1)
    fill(store, "gpu", 1, delay=3600)
    take(store, "w", 1)
    queue = store.queues.get("gpu")
    assert (queue.jobs[State.PENDING], queue.jobs[State.PROCESSING], queue.ready) == (4, 1, 3)
    assert queue.oldest == first
    assert queue.latency >= time.time() - store.jobs.get(first).created_at - 1


def test_due_jobs_count_as_ready_before_a_worker_promotes_them(store: Store) -> None:
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


def test_the_slots_of_a_queue_are_those_of_its_workers(store: Store) -> None:
    register(store, "of all")
    register(store, "stops")
    store.workers.drain("stops")
    for name, queues in (("some", ["gpu", "cpu"]), ("others", ["cpu"])):
        store.workers.register(Worker(name, "host", 1, 3, 0, queues, False, 0, 0), 30)
    assert store.queues.get("gpu").slots == 4 + 3


def test_queues_are_listed_by_name_including_empty_ones_with_settings(store: Store) -> None:
    fill(store, "m", 1)
    store.actions.delete(fill(store, "once", 1)[0])
    store.queues.set_paused("z", True)
    store.queues.set_limit("a", 2)
    listed = {queue.name: (queue.paused, queue.limit) for queue in store.queues.all()}
    assert list(listed) == ["a", "m", "once", "z"]
    assert (listed["a"], listed["m"], listed["z"]) == ((False, 2), (False, None), (True, None))
    store.queues.set_paused("z", False)
    store.queues.set_limit("a", None)
    assert [queue.name for queue in store.queues.all()] == ["m", "once"]


def test_changed_settings_are_published_as_events(store: Store) -> None:
    before = store.feed.latest()
    store.queues.set_paused("gpu", True)
    store.config.set("timeout", 5)
    told = [(event.type, event.subject) for event in store.feed.after(before).events]
    assert told == [(EventType.QUEUE, "gpu"), (EventType.CONFIG, "timeout")]


def test_running_jobs_are_listed_by_worker(store: Store) -> None:
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


def test_settings_of_a_queue_are_those_that_were_set(store: Store) -> None:
    assert store.queues.settings("gpu") == (False, None, None)
    store.queues.set_paused("gpu", True)
    store.queues.set_limit("gpu", 2)
    store.queues.set_commands("gpu", ["make *"])
    assert store.queues.settings("gpu") == (True, 2, ["make *"])
    assert store.queues.settings("default") == (False, None, None)


# Deleting


def emptied(store: Store, queue: str) -> str:
    """A queue that has held a job, and for which everything is set that can be."""
    store.actions.delete(fill(store, queue, 1)[0])
    store.queues.set_paused(queue, True)
    store.queues.set_limit(queue, 1)
    store.queues.set_commands(queue, [])
    return queue


def test_deleting_a_queue_removes_its_settings_and_counters(store: Store) -> None:
    name = emptied(store, "gpu")
    before = store.feed.latest()
    store.queues.delete(name)
    assert store.queues.all() == []
    assert store.queues.known("gpu") is False
    assert store.counters.all() == {}
    [event] = store.feed.after(before).events
    assert (event.type, event.subject, event.change) == (EventType.QUEUE, "gpu", "deleted")


def test_a_deleted_queue_is_created_again_by_its_next_job(store: Store) -> None:
    store.queues.delete(emptied(store, "gpu"))
    fill(store, "gpu", 1)
    assert taken(store, "w", 9) == ["gpu"], "it is neither paused, nor takes it some commands only"
    assert store.counters.all()["gpu"]["enqueued"] == 1


def test_a_queue_emptied_in_the_same_transaction_can_be_deleted(store: Store) -> None:
    with store.transaction():
        [job_id] = fill(store, "gpu", 1)
        with pytest.raises(QueueNotEmpty):
            store.queues.delete("gpu")
        store.actions.delete(job_id)
        store.queues.delete("gpu")
    assert store.queues.all() == []


@pytest.mark.parametrize("state", State)
def test_a_queue_with_a_job_in_any_state_cannot_be_deleted(store: Store, state: State) -> None:
    job_in_state(store, state, queue="gpu")
    store.queues.set_paused("gpu", True)
    with pytest.raises(QueueNotEmpty, match=rf"queue 'gpu' holds 1 job \(1 {state}\): delete them"):
        store.queues.delete("gpu")
    [queue] = store.queues.all()
    assert (queue.paused, queue.jobs[state]) == (True, 1)
    assert store.counters.all()["gpu"]["enqueued"] == 1


def test_an_unknown_queue_cannot_be_deleted(store: Store) -> None:
    with pytest.raises(QueueNotFound, match="no queue has the name 'gup'"):
        store.queues.delete("gup")


def test_the_past_of_a_deleted_queue_stays_in_the_charts(store: Store) -> None:
    store.queues.delete(emptied(store, "gpu"))
    assert sum(point.enqueued for point in store.series.chart("5m").points) == 1
    assert store.series.chart("5m").points[-1].waiting == 0
