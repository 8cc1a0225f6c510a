"""Verbs that share a commit, and a store that is closed."""

import pytest

from queuectl_core.model.errors import CommandNotAllowed, QueueNotEmpty
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from queuectl_core.store.writer import commit
from tests.store.backend import OpenStore


def pending(store: Store) -> int:
    return store.jobs.counts()[State.PENDING]


def enqueue_and_break(store: Store) -> None:
    with store.transaction():
        store.enqueue(NewJob(command="true"))
        raise ZeroDivisionError


def test_others_see_all_of_a_transaction_after_its_commit(store: Store, open_store: OpenStore) -> None:
    other = open_store()
    with store.transaction():
        store.enqueue(NewJob(command="true"))
        store.config.set("timeout", 7)
        assert (pending(other), other.config.get("timeout").value) == (0, 0)
    assert (pending(other), other.config.get("timeout").value) == (1, 7)


def test_a_transaction_sees_what_it_has_changed_itself(store: Store) -> None:
    """Although some of it is read only once for many writes."""
    timeout = store.config.numbers()["timeout"]
    with store.transaction():
        secret = store.tokens.create("t", Role.ADMIN, "somebody")
        assert store.tokens.by_secret(secret)
        store.tokens.withdraw("t", "somebody")
        assert store.tokens.by_secret(secret) is None
        store.enqueue(NewJob(command="true"))
        store.queues.set_commands("default", ["ls"])
        with pytest.raises(CommandNotAllowed):
            store.enqueue(NewJob(command="true"))
        assert store.config.numbers()["timeout"] == timeout
        store.config.set("timeout", timeout + 7)
        assert store.config.numbers()["timeout"] == timeout + 7
    assert store.config.numbers()["timeout"] == timeout + 7


def test_nothing_is_left_of_a_transaction_that_breaks(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        enqueue_and_break(store)
    assert pending(store) == 0
    assert store.queues.all() == []


def test_a_part_that_breaks_takes_nothing_of_the_others_with_it(store: Store) -> None:
    with store.transaction():
        store.enqueue(NewJob(command="true", queue="before"))
        with pytest.raises(ZeroDivisionError):
            enqueue_and_break(store)
        store.enqueue(NewJob(command="true", queue="after"))
    assert [queue.name for queue in store.queues.all()] == ["after", "before"]


def test_a_refused_write_takes_no_event_of_its_neighbours_with_it(store: Store) -> None:
    store.enqueue(NewJob(command="true", queue="full"))
    before = store.feed.latest()

    def enqueue(own: Store) -> str:
        return own.enqueue(NewJob(id="neighbour", command="true"))

    outcomes = commit(store, [enqueue, lambda own: own.queues.delete("full")])
    assert [type(refusal) for _, refusal in outcomes] == [type(None), QueueNotEmpty]
    assert [event.subject for event in store.feed.after(before).events] == ["neighbour"]


def test_a_store_can_be_checked_while_nothing_is_wrong(store: Store) -> None:
    store.check()
    store.enqueue(NewJob(command="true"))
    store.check()
    assert pending(store) == 1


def test_a_closed_store_opens_again_when_it_is_used(store: Store) -> None:
    store.enqueue(NewJob(command="true"))
    store.close()
    store.close()
    assert pending(store) == 1
