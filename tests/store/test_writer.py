"""Group commit: writes share a commit, but each succeeds or fails by itself."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from queuectl_core.model.errors import JobExists
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from queuectl_core.store.writer import Writer
from tests.store.backend import Backend


@pytest.fixture
def writer(backend: Backend) -> Iterator[Writer]:
    writer = Writer(backend.url)
    yield writer
    writer.close()


def test_a_write_is_seen_by_others_once_its_future_is_done(writer: Writer, store: Store) -> None:
    job_id = writer.submit(lambda own: own.enqueue(NewJob(command="true"))).result()
    assert store.jobs.get(job_id).state is State.PENDING


def enqueue(own: Store, job_id: str) -> str:
    return own.enqueue(NewJob(id=job_id, command="true"))


def test_a_refused_write_does_not_affect_others_in_its_commit(writer: Writer, store: Store) -> None:
    names = ["a", "b", "a", "c"]
    futures = [writer.submit(partial(enqueue, job_id=name)) for name in names]
    refused = [isinstance(future.exception(), JobExists) for future in futures]
    assert refused == [False, False, True, False]
    assert store.jobs.counts()[State.PENDING] == 3


def test_a_failing_write_leaves_nothing(writer: Writer, store: Store) -> None:
    def breaks(own: Store) -> None:
        own.enqueue(NewJob(id="half", command="true"))
        raise ZeroDivisionError

    neighbour = writer.submit(lambda own: own.enqueue(NewJob(id="whole", command="true")))
    assert isinstance(writer.submit(breaks).exception(), ZeroDivisionError)
    assert neighbour.result() == "whole"
    assert store.jobs.counts()[State.PENDING] == 1


def test_a_write_cancelled_in_the_queue_is_skipped(writer: Writer, store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_: Store) -> None:
        begun.set()
        go_on.wait()

    writer.submit(hold_up)
    begun.wait()
    assert writer.submit(partial(enqueue, job_id="cancelled")).cancel()
    next_one = writer.submit(partial(enqueue, job_id="next"))
    go_on.set()
    assert next_one.result() == "next"
    assert store.jobs.counts()[State.PENDING] == 1


def test_closing_finishes_queued_writes(backend: Backend, store: Store) -> None:
    writer = Writer(backend.url)
    futures = [writer.submit(lambda own: own.enqueue(NewJob(command="true"))) for _ in range(100)]
    writer.close()
    assert all(future.done() for future in futures)
    assert store.jobs.counts()[State.PENDING] == 100
