"""An audit entry costs one insert, and a page of a long audit log no more than one of a short log."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from queuectl_core.model.actor import Actor
from queuectl_core.model.audit import Done
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.store import audit
from queuectl_core.store.store import Store
from tests.opened import opened, session_of

ANN = Actor("ann", Role.OPERATOR, "192.0.2.7")


@contextmanager
def watched(store: Store) -> Iterator[Counter[str]]:
    """The statements that are run inside, by their text as they stand in the code, and SQLite's "steps"."""
    seen = Counter[str]()
    connection = session_of(store)._connected()

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
    store.audit.record_batch(ANN, 1_000_000)
    assert [line.jobs for line in store.audit.page(limit=10).items] == [1_000_000, 1, 1]


MOST_STEPS = 3_000
"""Of SQLite's virtual machine for a page of ten lines: one for each that there is would be far more."""


@pytest.fixture(scope="module")
def long_log(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """100,000 lines: of one job many, of most one, of many that came in batches none of their own."""
    jobs = range(1, 50_001)
    insert = "INSERT INTO audit (at, actor, role, address, action, subject, jobs) VALUES"
    database = Path(shutil.copy(migrated, tmp_path_factory.mktemp("long")))
    with opened(database) as store:
        with store.transaction():
            session_of(store).execute_many(
                f"{insert} (?, ?, 'operator', '192.0.2.7', 'retry', ?, 1)",
                [(n, "ann" if n % 1000 else "rare", "often" if n % 2 else f"j{n}") for n in jobs],
            )
            session_of(store).execute_many(
                f"{insert} (?, 'ann', 'operator', '192.0.2.7', 'enqueue', NULL, 10)",
                [(50_000 + n,) for n in jobs],
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


def test_the_entry_of_a_batch_is_found_in_a_long_log(long_log: Store) -> None:
    long_log.enqueue(NewJob(id="of-a-batch", command="true"))
    session_of(long_log).execute("UPDATE job SET batch = 87777")
    with watched(long_log) as seen:
        [line] = long_log.audit.page(limit=10, job="of-a-batch").items
    assert line.at == 50_000 + 37_777
    assert seen["steps"] < MOST_STEPS
