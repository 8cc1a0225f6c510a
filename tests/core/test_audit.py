"""The audit log: a line for what was done, found by job and by who did it, however long the log is."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuectl_core.audit import Done, Entry
from queuectl_core.caller import Caller
from queuectl_core.errors import InvalidCursor, JobNotFound
from queuectl_core.new_job import NewJob
from queuectl_core.role import Role
from queuectl_core.sqlite import audit
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store

ANN = Caller("ann", Role.OPERATOR, "192.0.2.7")
BOB = Caller("bob", Role.ADMIN, "2001:db8::7")


def enqueue(store: Store, job_id: str, by: Caller = ANN) -> None:
    with store.transaction():
        store.queue.enqueue(NewJob(id=job_id, command="true"))
        store.audit.record(by, Done.ENQUEUE, job_id)


def enqueue_together(store: Store, *job_ids: str, by: Caller = ANN) -> None:
    with Store(store.path, durable=False) as own, own.transaction():
        batch = own.batch()
        batch.stage([(place, NewJob(id=job_id, command="true")) for place, job_id in enumerate(job_ids)])
        own.audit.record_range(by, Done.ENQUEUE, seqs := batch.commit(), len(seqs))


def delete(store: Store, job_id: str, by: Caller = ANN) -> None:
    with store.transaction():
        seq, _ = store.queue.delete(job_id)
        store.audit.record(by, Done.DELETE, job_id, seq=seq)


def lines(store: Store, limit: int = 100, **wanted: Any) -> list[Entry]:
    """All of them, page by page."""
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


def test_a_line_tells_who_did_what_to_which_job_when_and_from_where(store: Store) -> None:
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
def test_a_cursor_that_came_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.audit.page(limit=1, cursor=cursor)


def test_what_was_refused_leaves_no_line(store: Store) -> None:
    def cancel() -> None:
        with store.transaction():
            store.audit.record(ANN, Done.CANCEL, "nothing")
            store.queue.cancel("nothing")

    with pytest.raises(JobNotFound):
        cancel()
    assert lines(store) == []


def test_what_was_done_to_something_else_is_not_what_was_done_to_a_job_of_that_name(store: Store) -> None:
    enqueue(store, "default")
    store.audit.record(BOB, Done.QUEUE, "default")
    store.audit.record(BOB, Done.TOKEN_CREATE, "default")
    assert told(store, job="default") == [("ann", Done.ENQUEUE, "default")]
    assert [line.jobs for line in lines(store)] == [0, 0, 1]


def test_a_job_of_a_batch_is_found_and_its_neighbours_are_not(store: Store) -> None:
    enqueue(store, "before")
    enqueue_together(store, "a", "b", "c", by=BOB)
    enqueue(store, "after")
    together = [("bob", Done.ENQUEUE, None)]
    assert [told(store, job=job_id) for job_id in "abc"] == [together] * 3
    assert told(store, job="before") == [("ann", Done.ENQUEUE, "before")]
    assert told(store, job="after") == [("ann", Done.ENQUEUE, "after")]
    assert [line.jobs for line in lines(store)] == [1, 3, 1]


def test_who_enqueued_it_is_known_of_a_job_that_was_deleted(store: Store) -> None:
    enqueue_together(store, "a", "b", by=BOB)
    enqueue_together(store, "c")
    delete(store, "a")
    expected = [("ann", Done.DELETE, "a"), ("bob", Done.ENQUEUE, None)]
    assert told(store, job="a") == expected
    enqueue(store, "a")
    assert told(store, job="a") == [("ann", Done.ENQUEUE, "a"), *expected]


def test_a_bulk_action_leaves_a_line_for_each_job(store: Store) -> None:
    enqueue_together(store, *(f"j{number}" for number in range(5)))
    step = store.bulk.step(Action.DELETE, Filter())
    store.audit.record_each(BOB, Done.DELETE, step.jobs)
    assert told(store, actor="bob") == [("bob", Done.DELETE, f"j{number}") for number in reversed(range(5))]
    assert told(store, job="j3") == [("bob", Done.DELETE, "j3"), ("ann", Done.ENQUEUE, None)]


def test_filters_can_be_combined(store: Store) -> None:
    enqueue_together(store, "a", by=ANN)
    enqueue_together(store, "b", by=BOB)
    for by in (ANN, BOB, ANN):
        for job_id in "ab":
            store.audit.record(by, Done.RETRY, job_id)
    assert told(store, job="a", actor="bob") == [("bob", Done.RETRY, "a")]
    assert told(store, job="b", actor="bob") == [("bob", Done.RETRY, "b"), ("bob", Done.ENQUEUE, None)]
    assert told(store, job="a", actor="nobody") == []


# The same as a plain list would say

IDS = ("a", "b", "c")
CALLERS = {caller.name: caller for caller in (ANN, BOB)}
steps = st.lists(
    st.tuples(
        st.sampled_from(["enqueue", "together", "retry", "delete", "delete all"]),
        st.sampled_from(sorted(CALLERS)),
        st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    ),
    max_size=25,
)


@given(steps, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_log_of_a_job_is_all_that_was_done_to_jobs_of_its_id(
    migrated: Path, done: list[tuple[str, str, list[str]]], limit: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        Store(Path(shutil.copy(migrated, directory)), durable=False) as store,
    ):
        expected: list[tuple[str, set[str]]] = []  # who, and to which jobs
        alive: set[str] = set()
        for what, name, job_ids in done:
            by = CALLERS[name]
            free, held = [i for i in job_ids if i not in alive], [i for i in job_ids if i in alive]
            if what == "enqueue" and free:
                enqueue(store, free[0], by)
                alive.add(free[0])
                expected.append((name, {free[0]}))
            elif what == "together" and free:
                enqueue_together(store, *free, by=by)
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
        for name in CALLERS:
            known = [(line.actor, line.jobs) for line in lines(store, limit, actor=name)]
            assert known == [(name, len(jobs)) for who, jobs in expected if who == name]


# What it costs


@contextmanager
def watched(store: Store) -> Iterator[Counter[str]]:
    """The statements that are run inside, by their text as they stand in the code, and SQLite's "steps"."""
    seen = Counter[str]()
    connection = store._db._connected()

    def step() -> None:
        seen["steps"] += 10

    connection.set_trace_callback(lambda sql: seen.update([sql.split(" VALUES")[0]]))
    connection.set_progress_handler(step, 10)
    yield seen
    connection.set_trace_callback(None)
    connection.set_progress_handler(None, 0)


def test_an_enqueue_costs_one_insert_more_and_a_batch_one_row(store: Store) -> None:
    store.audit.record(ANN, Done.ENQUEUE, "job1")  # the tests look at the plan of each statement once
    with watched(store) as seen:
        store.audit.record(ANN, Done.ENQUEUE, "job2")
    assert {name: count for name, count in seen.items() if name != "steps"} == {audit.INSERT.split(" VALUES")[0]: 1}
    store.audit.record_range(ANN, Done.ENQUEUE, range(1, 1_000_001), 1_000_000)
    assert [line.jobs for line in lines(store)] == [1_000_000, 1, 1]


MOST_STEPS = 3_000
"""Of SQLite's virtual machine for a page of ten lines: one for each that there is would be far more."""


@pytest.fixture(scope="module")
def long_log(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """100,000 lines: of one job many, of most one, of many that came in batches none of their own."""
    jobs = range(1, 50_001)
    insert = "INSERT INTO audit (at, actor, role, address, action, subject, jobs, first, last) VALUES"
    database = Path(shutil.copy(migrated, tmp_path_factory.mktemp("long")))
    with Store(database, durable=False) as store:
        with store.transaction():
            store._db.execute_many(
                f"{insert} (?, ?, 'operator', '192.0.2.7', 'retry', ?, 1, NULL, NULL)",
                [(n, "ann" if n % 1000 else "rare", "often" if n % 2 else f"j{n}") for n in jobs],
            )
            store._db.execute_many(
                f"{insert} (?, 'ann', 'operator', '192.0.2.7', 'enqueue', NULL, 10, ?, ?)",
                [(50_000 + n, 10 * n, 10 * n + 9) for n in jobs],
            )
        yield store


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"job": "often"},
        {"job": "j500"},
        {"job": "absent"},
        {"actor": "ann"},
        {"actor": "rare"},
        {"actor": "absent"},
        {"job": "j500", "actor": "ann"},
    ],
    ids=str,
)
def test_a_page_costs_the_same_in_a_long_log(long_log: Store, wanted: dict[str, str]) -> None:
    for cursor in (None, "75000", "5000", "1"):
        with watched(long_log) as seen:
            long_log.audit.page(limit=10, cursor=cursor, **wanted)
        assert seen["steps"] < MOST_STEPS


def test_a_job_of_a_batch_is_found_in_a_long_log_by_its_number(long_log: Store) -> None:
    long_log.queue.enqueue(NewJob(id="of-a-batch", command="true"))
    long_log._db.execute("UPDATE job SET seq = 377777")
    with watched(long_log) as seen:
        [line] = lines(long_log, job="of-a-batch")
    assert line.at == 50_000 + 37_777
    assert seen["steps"] < MOST_STEPS


# What is kept


def test_entries_are_kept_for_their_time_then_dropped_some_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "TRIMMED", 10)
    for number in range(25):
        enqueue(store, f"j{number}")
    old = time.time() - 100
    store._db.execute("UPDATE audit SET at = ? WHERE seq <= 17", (old,))
    assert store.audit.trim(old) == 0, "not older than that"
    assert [store.audit.trim(old + 1) for _ in range(3)] == [10, 7, 0]
    assert len(lines(store)) == 8


def test_a_clock_that_was_set_costs_no_younger_entry(store: Store) -> None:
    for number in range(5):
        enqueue(store, f"j{number}")
    store._db.execute("UPDATE audit SET at = 0 WHERE subject IN ('j1', 'j3')")
    assert store.audit.trim(time.time() - 100) == 2
    assert [line.subject for line in lines(store)] == ["j4", "j2", "j0"]
