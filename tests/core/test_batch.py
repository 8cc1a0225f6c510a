"""Many jobs at once: all or nothing."""

from collections.abc import Callable

import pytest
from ulid import ULID

from queuectl_core.errors import JobExists
from queuectl_core.event import Kind
from queuectl_core.new_job import Limits, NewJob
from queuectl_core.sqlite.batch import MOST_KINDS, TOLD_ONE_BY_ONE
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.queue import new_ids
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.walk import Sort
from queuectl_core.state import State


def test_nothing_is_seen_before_the_commit_and_all_after_it(open_store: Callable[[], Store]) -> None:
    store, other = open_store(), open_store()
    batch = store.batch()
    batch.stage([(1, NewJob(id="a", command="true", tags=["t"])), (3, NewJob(id="b", command="true", delay=60))])
    batch.stage([(4, NewJob(id="c", command="true", queue="x"))])
    assert other.jobs.counts()[State.PENDING] == 0
    assert len(batch.commit()) == 3
    assert list(batch.ids()) == ["a", "b", "c"]
    assert [job.id for job in other.jobs.page(Filter(), limit=9, sort=Sort.OLDEST).items] == ["a", "b", "c"]
    assert [job.id for job in other.jobs.page(Filter(tag="t"), limit=9).items] == ["a"]
    assert other.jobs.counts()[State.PENDING] == 3
    begun = other.jobs.get("a").created_at
    assert [job.id for job in other.jobs.page(Filter(since=begun, until=begun + 1), limit=9).items] == ["c", "b", "a"]


@pytest.mark.parametrize(("ids", "position"), [(["x", "taken"], 1), (["x", "y", "x"], 2)])
def test_a_duplicate_id_refuses_the_whole_batch(store: Store, ids: list[str], position: int) -> None:
    store.queue.enqueue(NewJob(id="taken", command="true"))
    batch = store.batch()
    batch.stage([(place, NewJob(id=job_id, command="true")) for place, job_id in enumerate(ids)])
    with pytest.raises(JobExists) as refusal:
        batch.commit()
    assert refusal.value.position == position
    assert store.jobs.counts()[State.PENDING] == 1


def test_a_large_batch_is_told_in_one_event(store: Store) -> None:
    batch = store.batch()
    batch.stage([(place, NewJob(command="true")) for place in range(TOLD_ONE_BY_ONE + 1)])
    batch.commit()
    assert [event.kind for event in store.events.after(0)] == [Kind.MANY]
    assert store.jobs.counts()[State.PENDING] == TOLD_ONE_BY_ONE + 1


def test_jobs_that_differ_in_everything_keep_what_is_theirs(store: Store) -> None:
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
    assert {job.id for job in store.jobs.page(Filter(tag="u"), limit=9).items} == {"tagged", "same"}


def test_more_kinds_of_jobs_than_are_remembered(store: Store) -> None:
    batch = store.batch()
    for _ in range(2):
        first = len(list(batch.ids()))
        batch.stage([(first + place, NewJob(command="true", timeout=1 + place)) for place in range(MOST_KINDS + 5)])
    assert len(batch.commit()) == 2 * (MOST_KINDS + 5)
    timeouts = {job.timeout for job in store.jobs.page(Filter(), limit=3000).items}
    assert timeouts == {1 + place for place in range(MOST_KINDS + 5)}


def test_ids_that_are_given_grow_and_are_never_the_same() -> None:
    several = [new_ids(5000) for _ in range(20)]
    assert all(ids == sorted(ids) and len(ids) == 5000 for ids in several)
    assert len({job_id for ids in several for job_id in ids}) == 100_000
    assert all(ULID.from_str(job_id) for job_id in several[0])
