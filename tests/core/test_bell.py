"""Other processes hear of a commit."""

import select
from collections.abc import Callable
from pathlib import Path

from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.bell import Listener
from queuectl_core.sqlite.store import Store
from tests.core.working import SUCCESS, register


def rings(listener: Listener, within: float) -> bool:
    return bool(select.select([listener], [], [], within)[0])


def test_a_listener_hears_a_commit_of_somebody_else(open_store: Callable[[], Store]) -> None:
    writing, looking = open_store(), open_store()
    with looking.listen() as listener:
        job_id = writing.queue.enqueue(NewJob(command="true"))
        assert rings(listener, within=10)
        assert looking.jobs.get(job_id), "what the bell tells of can be seen"
        listener.clear()
        assert not rings(listener, within=0)


def test_nothing_rings_where_nothing_was_changed(open_store: Callable[[], Store]) -> None:
    store = open_store()
    with store.listen() as listener:
        assert store.leases.claim("w", 5) == []
        assert store.workers.reap() == []
        assert not rings(listener, within=0.05)


def test_a_bell_that_was_taken_away_is_heard_again_when_it_is_back(store: Store, database: Path) -> None:
    with store.listen() as listener:
        database.with_suffix(".bell").unlink()
        assert rings(listener, within=10)
        listener.clear()
        store.close()  # it opens another bell when it is used again
        store.queue.enqueue(NewJob(command="true"))
        assert rings(listener, within=10)


def test_workers_do_not_hear_of_what_others_begin_and_end(store: Store, database: Path) -> None:
    store.queue.enqueue(NewJob(command="true"))
    register(store, "w")
    with store.listen() as worker, Listener(database, everything=True) as watching:
        [claim] = store.leases.claim("w", 1)
        assert rings(watching, within=10)
        watching.clear()
        store.leases.complete(claim.lease, SUCCESS)
        assert rings(watching, within=10)
        assert not rings(worker, within=0.05)


def test_workers_hear_of_an_end_in_a_queue_with_a_limit(store: Store) -> None:
    store.queues.set_limit("default", 1)
    store.queue.enqueue(NewJob(command="true"))
    register(store, "w")
    [claim] = store.leases.claim("w", 1)
    with store.listen() as worker:
        store.leases.complete(claim.lease, SUCCESS)
        assert rings(worker, within=10)
