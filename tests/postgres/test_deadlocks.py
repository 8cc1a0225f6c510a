"""Transactions that wait for each other: one is repeated, and each write is made once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from queuectl_core.model.attempt import NOTHING
from queuectl_core.model.errors import Conflict, WorkerNotFound
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.store.store import Store
from queuectl_core.store.writer import Writer
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.parallel import in_parallel, somebody_waits
from tests.running import eventually
from tests.store.attempts import SUCCESS, register

JOB = NewJob(command="true")


def test_writers_that_deadlock_make_each_write_once(database: str) -> None:
    """Each edits two jobs in opposite order, after both have locked their first one."""
    with open_store(database, durable=True) as store:
        one, two = store.enqueue(JOB), store.enqueue(JOB)
    meet = threading.Barrier(2)
    tries: list[str] = []
    writers = [Writer(database), Writer(database)]

    def write(first: str, second: str, store: Store) -> str:
        tries.append(first)
        made = store.enqueue(JOB)
        store.actions.edit(first, JobChange(priority=1))
        with suppress(threading.BrokenBarrierError):
            meet.wait(2)
        store.actions.edit(second, JobChange(priority=2))
        return made

    try:
        futures = [writers[0].submit(partial(write, one, two)), writers[1].submit(partial(write, two, one))]
        made = {future.result(60) for future in futures}
    finally:
        for writer in writers:
            writer.close()
    assert len(tries) > 2, "nobody was refused"
    with psycopg.connect(database) as connection:
        assert {job for (job,) in connection.execute("SELECT id FROM job")} == {one, two, *made}
    assert contradictions(database) == []


def test_a_worker_that_reports_and_claims_while_others_remove_it_ends_consistent(database: str) -> None:
    with open_store(database, durable=True) as store:
        for _ in range(100):
            store.enqueue(JOB)

    def work(store: Store) -> None:
        register(store, "w")
        for _ in range(20):
            with suppress(Conflict), store.transaction():
                for n, lease in enumerate(store.reports.held("w")):
                    if n % 2:
                        store.reports.complete(lease, SUCCESS)
                    else:
                        store.reports.hand_back(lease, NOTHING)
                try:
                    store.claims.claim("w", 6)
                except WorkerNotFound:
                    break

    def remove(store: Store) -> None:
        for _ in range(60):
            with suppress(Conflict):
                if store.reports.held("w"):
                    store.workers.remove("w")
                    return

    in_parallel(database, work, remove, remove)
    assert contradictions(database) == []


@pytest.mark.parametrize("order", [("worker", "job"), ("job", "worker"), ("tally", "queue")])
def test_a_replacement_that_deadlocks_goes_on(database: str, tmp_path: Path, order: tuple[str, str]) -> None:
    copy = tmp_path / "copy.db"
    with open_store(database, durable=True) as store:
        job = store.enqueue(JOB)
        store.snapshot.copy(copy)
        store.enqueue(JOB)

    def replace() -> None:
        with open_store(database, durable=True) as store:
            reserved = store.snapshot.reserve(1)
            store.snapshot.replace(copy, reserved[0], 0, lambda: None, lambda: None)

    with ThreadPoolExecutor(1) as thread, psycopg.connect(database, options="-c deadlock_timeout=30s") as other:
        first, second = (f"LOCK TABLE {table} IN ROW SHARE MODE".encode() for table in order)
        other.execute(first)
        done = thread.submit(replace)
        eventually(lambda: somebody_waits(database))
        other.execute(second)
        other.commit()
        done.result(60)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT id FROM job").fetchall() == [(job,)]
    assert {what for what, *_ in contradictions(database)} == {"counter"}, "counters are not restored"
