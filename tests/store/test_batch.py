"""Batches: many jobs at once, all or none."""

import pytest
from ulid import ULID

from queuectl_core.model.errors import IdGivenTwice, JobExists
from queuectl_core.model.event import EventType
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import Limits, NewJob
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store.batch_ids import ids_from, new_first_id
from queuectl_core.store.store import Store
from tests.store.backend import Backend, OpenStore


def test_nothing_is_seen_before_the_commit_and_all_after_it(open_store: OpenStore) -> None:
    store, other = open_store(), open_store()
    batch = store.batch()
    batch.stage([(1, NewJob(id="a", command="true", tags=["t"])), (3, NewJob(id="b", command="true", delay=60))])
    batch.stage([(4, NewJob(id="c", command="true", queue="x"))])
    assert other.jobs.counts()[State.PENDING] == 0
    batch.commit()
    assert store.jobs.count(Filter()) == (3, True)
    assert list(batch.ids()) == ["a", "b", "c"]
    assert [job.id for job in other.jobs.page(Filter(), limit=9, sort=Sort.OLDEST).items] == ["a", "b", "c"]
    assert [job.id for job in other.jobs.page(Filter(tags=("t",)), limit=9).items] == ["a"]
    assert other.jobs.counts()[State.PENDING] == 3
    begun = other.jobs.get("a").created_at
    assert [
        job.id for job in other.jobs.page(Filter(enqueued_since=begun, enqueued_until=begun + 1), limit=9).items
    ] == ["c", "b", "a"]


@pytest.mark.parametrize(("command", "same"), [("true", True), ("false", False)])
def test_an_id_that_is_taken_refuses_the_whole_batch(store: Store, command: str, same: bool) -> None:
    store.enqueue(NewJob(id="taken", command="true", env={"B": "1", "A": "2"}, timeout=5))
    batch = store.batch()
    again = NewJob(id="taken", command=command, env={"A": "2", "B": "1"}, timeout=5, delay=60)
    batch.stage([(1, NewJob(id="x", command="true")), (2, again)])
    with pytest.raises(JobExists) as refusal:
        batch.commit()
    assert (refusal.value.position, refusal.value.same) == (2, same)
    assert store.jobs.counts()[State.PENDING] == 1


def test_an_id_that_is_given_twice_refuses_the_whole_batch(store: Store) -> None:
    batch = store.batch()
    batch.stage([(place, NewJob(id=job_id, command="true")) for place, job_id in enumerate("wxyxx")])
    with pytest.raises(IdGivenTwice, match="the id 'x' is given twice") as refusal:
        batch.commit()
    assert (refusal.value.first, refusal.value.position) == (1, 3)
    assert store.jobs.counts()[State.PENDING] == 0


def test_a_large_batch_is_published_as_one_event(store: Store, backend: Backend) -> None:
    before = store.feed.latest()
    batch = store.batch()
    batch.stage([(place, NewJob(command="true")) for place in range(backend.large_batch)])
    batch.commit()
    assert [event.type for event in store.feed.after(before).events] == [EventType.MANY]
    assert store.jobs.counts()[State.PENDING] == backend.large_batch


def test_jobs_of_a_batch_keep_their_own_fields(store: Store) -> None:
    jobs = [
        NewJob(id="plain", command="a"),
        NewJob(id="env", command="b", env={"X": "1"}, cwd="/tmp", timeout=5),
        NewJob(id="other-env", command="b", env={"X": "2"}, limits=Limits(memory=1 << 20)),
        NewJob(id="tagged", command="c", tags=["t", "u"], priority=3),
        NewJob(id="same", command="d", tags=["t", "u"], priority=3),
    ]
    batch = store.batch()
    batch.stage(list(enumerate(jobs)))
    batch.commit()
    for new in jobs:
        job = store.jobs.get(str(new.id))
        assert (job.command, job.env, job.cwd, job.timeout) == (new.command, new.env, new.cwd, new.timeout)
        assert (job.tags, job.priority, job.queue) == (new.tags, new.priority, new.queue)
        assert job.limits.get("memory") == (new.limits.memory if new.limits else None)
    assert {job.id for job in store.jobs.page(Filter(tags=("u",)), limit=9).items} == {"tagged", "same"}


def test_generated_ids_of_batches_grow_and_never_repeat() -> None:
    several = [ids_from(new_first_id(), 0, 5000) for _ in range(20)]
    assert all(ids == sorted(ids) and len(ids) == 5000 for ids in several)
    assert len({job_id for ids in several for job_id in ids}) == 100_000
    assert all(ULID.from_str(job_id) for job_id in several[0])


def test_the_first_id_of_a_batch_determines_the_others() -> None:
    first = new_first_id()
    whole = ids_from(first, 0, 5000)
    parts = [(0, 1), (1, 1022), (1023, 1), (1024, 1024), (2048, 0), (2048, 2952)]
    assert [job_id for begin, count in parts for job_id in ids_from(first, begin, count)] == whole


def test_a_batch_that_is_sent_again_has_the_same_ids(open_store: OpenStore) -> None:
    first = open_store().batch()
    again = open_store().batch(first.first_id)
    for batch in (first, again):
        batch.stage([(place, NewJob(command="true")) for place in range(3)])
        assert len(batch) == 3
    assert list(first.ids()) == list(again.ids())
    first.commit()
    with pytest.raises(JobExists) as refusal:
        again.commit()
    assert refusal.value.same
