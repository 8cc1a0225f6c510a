"""Other processes are woken by a commit."""

import os
import select
from contextlib import closing

import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.notifier import Listener
from queuectl_core.store.store import Store
from tests.store.attempts import SUCCESS, register
from tests.store.backend import OpenStore


def is_woken(listener: Listener, within: float) -> bool:
    return bool(select.select([listener.fileno()], [], [], within)[0])


def test_a_listener_is_woken_by_a_commit_of_another_process(open_store: OpenStore) -> None:
    writing, looking = open_store(), open_store()
    with closing(looking.listen()) as listener:
        job_id = writing.enqueue(NewJob(command="true"))
        assert is_woken(listener, within=10)
        assert looking.jobs.get(job_id), "what was committed can be seen"
        listener.clear()
        assert not is_woken(listener, within=0)


def test_nobody_is_woken_if_nothing_was_changed(open_store: OpenStore) -> None:
    store = open_store()
    with closing(store.listen()) as listener:
        assert store.claims.claim("w", 5) == []
        assert store.workers.reap_expired() == []
        assert not is_woken(listener, within=0.05)


def test_workers_are_not_woken_when_others_start_and_finish_jobs(store: Store) -> None:
    store.enqueue(NewJob(command="true"))
    register(store, "w")
    store.close()  # sends what it has to tell so far
    with closing(store.listen()) as worker, closing(store.listen(everything=True)) as watching:
        while is_woken(worker, within=0.2):  # by what happened before: a notification may be late
            worker.clear()
        watching.clear()
        [claim] = store.claims.claim("w", 1)
        assert is_woken(watching, within=10)
        watching.clear()
        store.reports.complete(claim.lease, SUCCESS)
        assert is_woken(watching, within=10)
        assert not is_woken(worker, within=0.05)


def test_workers_are_woken_when_a_job_of_a_queue_with_a_limit_ends(store: Store) -> None:
    store.queues.set_limit("default", 1)
    store.enqueue(NewJob(command="true"))
    register(store, "w")
    [claim] = store.claims.claim("w", 1)
    with closing(store.listen()) as worker:
        store.reports.complete(claim.lease, SUCCESS)
        assert is_woken(worker, within=10)


def test_a_listener_frees_its_descriptor_when_it_is_closed(store: Store) -> None:
    listener = store.listen()
    descriptor = listener.fileno()
    os.fstat(descriptor)
    listener.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
