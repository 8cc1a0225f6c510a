"""Everything is copied while others use it, and replaced in one transaction."""

from collections.abc import Callable
from pathlib import Path

import pytest

from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import job_in_state, take
from tests.store.backend import OpenStore
from tests.store.schedules import HOUR, HandClock, create, fire, history, new_schedule


@pytest.fixture
def copy(store: Store, tmp_path: Path) -> Path:
    """Of a queue with a job in each state, a setting and a token."""
    for state in State:
        job_in_state(store, state, id=f"was-{state}")
    store.config.set("timeout", 7)
    store.tokens.create("admin", Role.ADMIN, "test")
    store.snapshot.copy(tmp_path / "copy")
    return tmp_path / "copy"


def ids(store: Store) -> list[str]:
    return [job.id for job in store.jobs.page(Filter(), limit=100, sort=Sort.OLDEST).items]


def nothing() -> None:
    pass


def replace(
    open_store: OpenStore,
    copy: Path,
    *,
    hold_back: float = 0,
    begin: Callable[[], None] = nothing,
    finish: Callable[[], None] = nothing,
) -> tuple[range, int]:
    """Returns what was reserved, and the newest number before."""
    with open_store() as store:
        reserved = store.snapshot.reserve(10)
        return reserved, store.snapshot.replace(copy, reserved[0], hold_back, begin, finish)


def test_a_replacement_restores_the_state_of_the_copy(store: Store, open_store: OpenStore, copy: Path) -> None:
    before = ids(store)
    seqs = {job_id: store.jobs.get(job_id).seq for job_id in before}
    last = store.jobs.get(store.enqueue(NewJob(id="later", command="true"))).seq
    store.config.set("timeout", 9)
    store.actions.delete("was-dead")
    reserved, newest = replace(open_store, copy)
    assert ids(store) == before
    assert {job_id: store.jobs.get(job_id).seq - reserved[0] for job_id in before} == seqs
    assert newest >= last
    assert store.config.get("timeout").value == 7
    assert store.jobs.get("was-processing").state is State.PENDING, "what ran in the copy is pending again"
    counts = store.jobs.counts()
    assert (counts[State.PENDING], counts[State.PROCESSING], counts[State.DEAD]) == (2, 0, 1)


def test_a_restored_job_is_told_of_the_restore_and_of_no_batch_of_before(
    store: Store, open_store: OpenStore, tmp_path: Path
) -> None:
    actor = Actor("ann", Role.ADMIN, "192.0.2.7")
    batch = open_store().batch()
    batch.stage([(0, NewJob(id="of-a-batch", command="true"))])
    batch.commit(store.audit.record_batch(actor, len(batch)))
    store.snapshot.copy(tmp_path / "copy")
    with open_store() as own:
        seqs = own.snapshot.reserve(10)
        own.snapshot.replace(
            tmp_path / "copy", seqs[0], 0, nothing, lambda: own.audit.record_restore(actor, seqs, jobs=1)
        )
    store.enqueue(NewJob(id="later", command="true"))
    found = {job: [entry.action for entry in store.audit.page(limit=9, job=job).items] for job in ids(store)}
    assert found == {"of-a-batch": [Done.RESTORE], "later": []}


def test_access_is_neither_copied_nor_replaced(store: Store, open_store: OpenStore, copy: Path) -> None:
    store.tokens.create("second", Role.ADMIN, "test")
    store.tokens.revoke("admin")
    replace(open_store, copy)
    assert [token.name for token in store.tokens.all()] == ["second"]


def test_reserved_numbers_are_never_given_to_other_jobs(store: Store, open_store: OpenStore) -> None:
    store.enqueue(NewJob(command="true"))
    first, second = store.snapshot.reserve(5), open_store().snapshot.reserve(5)
    assert min(len(first), len(second)) >= 5
    assert not {*first} & {*second}
    seq = store.jobs.get(store.enqueue(NewJob(command="true"))).seq
    assert seq not in first
    assert seq not in second


def test_a_replacement_that_is_refused_changes_nothing(store: Store, open_store: OpenStore, copy: Path) -> None:
    store.enqueue(NewJob(id="later", command="true"))
    before = ids(store)

    def refuse() -> None:
        raise ZeroDivisionError

    for begin, finish in ((refuse, nothing), (nothing, refuse)):
        with pytest.raises(ZeroDivisionError):
            replace(open_store, copy, begin=begin, finish=finish)
        assert ids(store) == before


def test_begin_and_finish_are_called_before_others_see_the_replacement(
    store: Store, open_store: OpenStore, copy: Path
) -> None:
    store.enqueue(NewJob(id="later", command="true"))
    seen: list[tuple[str, bool]] = []
    replace(
        open_store,
        copy,
        begin=lambda: seen.append(("begin", "later" in ids(store))),
        finish=lambda: seen.append(("finish", "later" in ids(store))),
    )
    assert seen == [("begin", True), ("finish", True)]
    assert "later" not in ids(store)


def test_jobs_that_run_during_a_replacement_are_held_back(store: Store, open_store: OpenStore, copy: Path) -> None:
    assert store.jobs.get("was-processing").state is State.PROCESSING
    replace(open_store, copy, hold_back=3600)
    assert store.workers.all() == []
    assert [claim.job_id for claim in take(store, "w2", 10)] == ["was-pending"]


def test_schedules_come_back_and_fire_from_then_on(store: Store, open_store: OpenStore, tmp_path: Path) -> None:
    clock = HandClock(store)
    create(store, overlap="allow", catch_up="all")
    clock.time += HOUR
    fire(store)
    store.snapshot.copy(tmp_path / "copy")
    clock.time += HOUR
    fire(store)
    store.schedules.delete("s")
    store.schedules.create(new_schedule("later"))
    replace(open_store, tmp_path / "copy")
    restored = open_store()
    assert [one.name for one in restored.schedules.page(limit=9).items] == ["s"]
    assert history(restored) == [(1, "enqueued")]
    fire(restored)  # by the real clock
    schedule = restored.schedules.get("s")
    assert schedule.next_at is not None
    assert schedule.since < schedule.next_at <= schedule.since + HOUR
    assert history(restored) == [(1, "enqueued")]
