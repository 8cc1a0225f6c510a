"""Other processes hear of a commit."""

import select
from collections.abc import Callable
from pathlib import Path

from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.bell import Listener
from queuectl_core.sqlite.store import Store


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
