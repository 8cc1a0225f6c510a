"""The audit log: an entry for each action, found by job and by actor."""

import time
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done, Entry
from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import InvalidCursor, JobNotFound
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.store import audit
from queuectl_core.store.store import Store
from tests.store.backend import MakeBackend, OpenStore

ANN = Actor("ann", Role.OPERATOR, "192.0.2.7")
BOB = Actor("bob", Role.ADMIN, "2001:db8::7")


def enqueue(store: Store, job_id: str, by: Actor = ANN) -> None:
    with store.transaction():
        store.enqueue(NewJob(id=job_id, command="true"))
        store.audit.record(by, Done.ENQUEUE, job_id)


def enqueue_together(open_store: OpenStore, *job_ids: str, by: Actor = ANN) -> None:
    with open_store() as own, own.transaction():
        batch = own.batch()
        batch.stage([(place, NewJob(id=job_id, command="true")) for place, job_id in enumerate(job_ids)])
        batch.commit(own.audit.record_batch(by, len(batch)))


def delete(store: Store, job_id: str, by: Actor = ANN) -> None:
    with store.transaction():
        store.audit.record_each(by, Done.DELETE, [store.actions.delete(job_id)])


def lines(store: Store, limit: int = 100, **wanted: Any) -> list[Entry]:
    """All entries, page by page."""
    found, cursor = [], None
    while True:
        page = store.audit.page(limit=limit, cursor=cursor, **wanted)
        assert len(page.items) == limit or page.next_cursor is None
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def told(store: Store, **wanted: Any) -> list[tuple[str, Done, str | None]]:
    return [(line.actor, line.action, line.subject) for line in lines(store, **wanted)]


def test_an_entry_has_time_actor_address_action_and_job(store: Store) -> None:
    before = time.time()
    store.audit.record(BOB, Done.EDIT, "job1", detail="env, timeout")
    [line] = lines(store)
    assert before <= line.at <= time.time()
    assert line == Entry(1, line.at, "bob", Role.ADMIN, "2001:db8::7", Done.EDIT, "job1", 1, "env, timeout")


def test_the_newest_comes_first(store: Store) -> None:
    for number in range(7):
        enqueue(store, f"j{number}")
    assert [line.subject for line in lines(store, limit=3)] == [f"j{number}" for number in reversed(range(7))]
    assert store.audit.page(limit=7).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 19, "٣"])
def test_an_invalid_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.audit.page(limit=1, cursor=cursor)


def test_a_refused_action_leaves_no_entry(store: Store) -> None:
    def cancel() -> None:
        with store.transaction():
            store.audit.record(ANN, Done.CANCEL, "nothing")
            store.actions.cancel("nothing")

    with pytest.raises(JobNotFound):
        cancel()
    assert lines(store) == []


def test_actions_on_other_things_are_not_listed_for_a_job_of_the_same_name(store: Store) -> None:
    enqueue(store, "default")
    store.audit.record(BOB, Done.QUEUE, "default")
    store.audit.record(BOB, Done.TOKEN_CREATE, "default")
    assert told(store, job="default") == [("ann", Done.ENQUEUE, "default")]
    assert [line.jobs for line in lines(store)] == [0, 0, 1]


def test_the_entry_of_a_batch_is_listed_for_its_jobs_only(store: Store, open_store: OpenStore) -> None:
    enqueue(store, "before")
    enqueue_together(open_store, "a", "b", "c", by=BOB)
    enqueue(store, "after")
    together = [("bob", Done.ENQUEUE, None)]
    assert [told(store, job=job_id) for job_id in "abc"] == [together] * 3
    assert told(store, job="before") == [("ann", Done.ENQUEUE, "before")]
    assert told(store, job="after") == [("ann", Done.ENQUEUE, "after")]
    assert [line.jobs for line in lines(store)] == [1, 3, 1]


def test_the_entries_of_a_deleted_job_are_kept(store: Store, open_store: OpenStore) -> None:
    enqueue_together(open_store, "a", "b", by=BOB)
    enqueue_together(open_store, "c")
    delete(store, "a")
    expected = [("ann", Done.DELETE, "a"), ("bob", Done.ENQUEUE, None)]
    assert told(store, job="a") == expected
    enqueue(store, "a")
    assert told(store, job="a") == [("ann", Done.ENQUEUE, "a"), *expected]


def test_a_bulk_action_leaves_a_line_for_each_job(store: Store, open_store: OpenStore) -> None:
    enqueue_together(open_store, *(f"j{number}" for number in range(5)))
    step = store.bulk.step(Action.DELETE, Filter())
    store.audit.record_each(BOB, Done.DELETE, step.jobs)
    assert told(store, actor="bob") == [("bob", Done.DELETE, f"j{number}") for number in reversed(range(5))]
    assert told(store, job="j3") == [("bob", Done.DELETE, "j3"), ("ann", Done.ENQUEUE, None)]


def test_filters_can_be_combined(store: Store, open_store: OpenStore) -> None:
    enqueue_together(open_store, "a", by=ANN)
    enqueue_together(open_store, "b", by=BOB)
    for by in (ANN, BOB, ANN):
        for job_id in "ab":
            store.audit.record(by, Done.RETRY, job_id)
    assert told(store, job="a", actor="bob") == [("bob", Done.RETRY, "a")]
    assert told(store, job="b", actor="bob") == [("bob", Done.RETRY, "b"), ("bob", Done.ENQUEUE, None)]
    assert told(store, job="a", actor="nobody") == []


# Compared with a plain list

IDS = ("a", "b", "c")
ACTORS = {actor.name: actor for actor in (ANN, BOB)}
steps = st.lists(
    st.tuples(
        st.sampled_from(["enqueue", "together", "retry", "delete", "delete all"]),
        st.sampled_from(sorted(ACTORS)),
        st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    ),
    max_size=25,
)


@given(steps, st.integers(1, 4))
@settings(max_examples=30)
def test_the_log_of_a_job_lists_all_actions_on_jobs_with_its_id(
    make_backend: MakeBackend, done: list[tuple[str, str, list[str]]], limit: int
) -> None:
    with closing(make_backend()) as backend:
        open_store = backend.open_store
        store = open_store()
        expected: list[tuple[str, set[str]]] = []  # who, and to which jobs
        alive: set[str] = set()
        for what, name, job_ids in done:
            by = ACTORS[name]
            free, held = [i for i in job_ids if i not in alive], [i for i in job_ids if i in alive]
            if what == "enqueue" and free:
                enqueue(store, free[0], by)
                alive.add(free[0])
                expected.append((name, {free[0]}))
            elif what == "together" and free:
                enqueue_together(open_store, *free, by=by)
                alive.update(free)
                expected.append((name, set(free)))
            elif what == "retry":
                store.audit.record(by, Done.RETRY, job_ids[0])
                expected.append((name, {job_ids[0]}))
            elif what == "delete" and held:
                delete(store, held[0], by)
                alive.remove(held[0])
                expected.append((name, {held[0]}))
            elif what == "delete all":
                step = store.bulk.named(Action.DELETE, held)
                store.audit.record_each(by, Done.DELETE, step.jobs)
                alive.difference_update(held)
                expected += [(name, {job.id}) for job in step.jobs]
        expected.reverse()
        for job_id in IDS:
            known = [(line.actor, line.jobs) for line in lines(store, limit, job=job_id)]
            assert known == [(name, len(jobs)) for name, jobs in expected if job_id in jobs]
        for name in ACTORS:
            known = [(line.actor, line.jobs) for line in lines(store, limit, actor=name)]
            assert known == [(name, len(jobs)) for who, jobs in expected if who == name]


# What is kept


def test_expired_entries_are_deleted_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "TRIMMED", 10)
    old = time.time() - 100
    for number in range(25):
        monkeypatch.setattr(time, "time", lambda at=old if number < 17 else old + 50: at)
        enqueue(store, f"j{number}")
    assert store.audit.trim(old) == 0, "not older than that"
    assert [store.audit.trim(old + 1) for _ in range(3)] == [10, 7, 0]
    assert len(lines(store)) == 8


def test_entries_written_while_the_clock_was_wrong_are_trimmed_without_younger_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for number in range(5):
        monkeypatch.setattr(time, "time", lambda at=0.0 if number in (1, 3) else now: at)
        enqueue(store, f"j{number}")
    assert store.audit.trim(now - 100) == 2
    assert [line.subject for line in lines(store)] == ["j4", "j2", "j0"]
