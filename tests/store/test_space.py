"""Giving space back."""

from queuectl_core.model.bulk import Action
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.store.backend import OpenStore

LARGE = {f"V{number}": "x" * 32_000 for number in range(33)}
"""An environment of a MiB."""


def test_nobody_prevents_the_reuse_of_space_in_a_queue_without_long_transactions(store: Store) -> None:
    store.enqueue(NewJob(command="true"))
    assert store.space.blocker() is None


def test_giving_back_space_changes_no_job(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    kept = store.enqueue(NewJob(command="true", env=LARGE, queue="kept"))
    with store.transaction():
        for _ in range(20):
            store.enqueue(NewJob(command="true", env=LARGE))
    store.bulk.step(Action.DELETE, Filter(queues=("default",)))
    before = store.jobs.page(Filter(), limit=9).items
    for _ in range(5):
        store.space.give_back()
        other.enqueue(NewJob(command="true"))
        other.bulk.step(Action.DELETE, Filter(queues=("default",)))
    assert store.jobs.page(Filter(), limit=9).items == other.jobs.page(Filter(), limit=9).items == before
    assert store.jobs.get(kept).env == LARGE
