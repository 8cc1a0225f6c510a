"""Filters by time find jobs of hosts whose clocks differ, and of transactions that ended in another order."""

import pytest

from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.postgres.opened import open_store

HOUR = 3600
NOW = 1_800_000_000 // HOUR * HOUR + 30.0


class Clock:
    """The wall clock of all hosts, which a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("queuectl_core.store.enqueue.time.time", clock)
    return clock


def enqueue(store: Store, clock: Clock, at: float) -> str:
    clock.now = at
    return store.enqueue(NewJob(command="true"))


def found(store: Store, since: float | None, until: float | None) -> set[str]:
    chosen = Filter(enqueued_since=since, enqueued_until=until)
    ids = {job.id for job in store.jobs.page(chosen, limit=100).items}
    assert store.jobs.count(chosen)[0] == len(ids)
    return ids


def check(store: Store, jobs: dict[str, float]) -> None:
    for at in jobs.values():
        for since, until in ((at, at + 1), (at, None), (None, at + 1), (at - HOUR, at + HOUR)):
            expected = {job for job, own in jobs.items() if (since or 0) <= own < (until or at + 10 * HOUR)}
            assert found(store, since, until) == expected


def test_hosts_whose_clocks_differ_by_an_hour(database: str, clock: Clock) -> None:
    with open_store(database, durable=True) as store:
        jobs = {}
        for step in range(24):
            at = NOW + step * HOUR / 4 + (HOUR - 1 if step % 3 else 0)
            jobs[enqueue(store, clock, at)] = at
        check(store, jobs)


def test_transactions_that_commit_in_another_order_around_the_full_hour(database: str, clock: Clock) -> None:
    with open_store(database, durable=True) as one, open_store(database, durable=True) as two:
        jobs = {}
        for step in range(12):
            at = NOW + step * HOUR / 2
            with one.transaction():
                for store, time in ((one, at + step % 2 * HOUR), (two, at), (one, at)):
                    jobs[enqueue(store, clock, time)] = time
        check(two, jobs)
