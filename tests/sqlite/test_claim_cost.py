"""A claim costs the same however many jobs wait for a busy lock: counted in steps of SQLite's virtual machine."""

import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.opened import session_of
from tests.store.attempts import register, take
from tests.store.backend import OpenStore

WAITING = 100_000
MOST_STEPS = 5000
"""A claim of a few jobs takes about a thousand."""


def enqueue(open_store: OpenStore, *new: NewJob) -> None:
    batch = open_store().batch()
    batch.stage([*enumerate(new)])
    batch.commit()


def job(**fields: object) -> NewJob:
    return NewJob.model_validate({"command": "true", **fields})


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    store = open_store()
    register(store, "w")
    return store


def steps(store: Store, limit: int) -> tuple[int, int]:
    """How many jobs a claim gets, and its steps."""
    connection = session_of(store)._connected()
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 10

    connection.set_progress_handler(count, 10)
    claims = take(store, "w", limit)
    connection.set_progress_handler(None, 0)
    return len(claims), counted


def test_jobs_that_wait_for_a_busy_lock_cost_a_claim_nothing(store: Store, open_store: OpenStore) -> None:
    enqueue(open_store, job(lock="busy", priority=1))
    assert len(take(store, "w", 1)) == 1
    enqueue(open_store, *[job(lock="busy", priority=1)] * WAITING)
    claimed, cost = steps(store, 4)
    assert (claimed, cost < MOST_STEPS) == (0, True), cost
    enqueue(open_store, *[job()] * 20, *[job(lock={"key": "free", "limit": 90})] * 20)
    for _ in range(3):
        claimed, cost = steps(store, 4)
        assert (claimed, cost < MOST_STEPS) == (4, True), cost


def test_many_free_locks_cost_a_claim_no_more_than_few(store: Store, open_store: OpenStore) -> None:
    enqueue(open_store, *(job(lock=f"customer{number}") for number in range(5000)))
    for _ in range(3):
        claimed, cost = steps(store, 4)
        assert (claimed, cost < MOST_STEPS) == (4, True), cost
