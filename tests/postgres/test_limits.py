"""A queue's concurrency limit with many workers: never exceeded, and never stuck."""

import threading
from collections.abc import Callable

import psycopg

from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.parallel import in_parallel
from tests.store.attempts import SUCCESS, register

LIMIT = 3
JOBS = 150


def test_a_limit_is_never_exceeded_and_all_jobs_run(database: str) -> None:
    with open_store(database, durable=True) as store:
        store.queues.set_limit("narrow", LIMIT)
        for n in range(JOBS):
            store.enqueue(NewJob(command="true", queue="narrow" if n % 2 else "wide", max_retries=1, backoff_base=0))
    ended = threading.Event()

    def work(name: str) -> Callable[[Store], int]:
        def run(store: Store) -> int:
            register(store, name)
            done = 0
            while store.queues.get("narrow").ready or store.queues.get("wide").ready:
                claims = store.claims.claim(name, 4)
                with store.transaction():
                    for one in claims[1:]:
                        store.reports.complete(one.lease, SUCCESS)
                    for one in claims[:1]:
                        store.reports.fail(one.lease, Ended(1, "exit status 1", NOTHING))
                    store.claims.claim(name, 1)
                for lease in store.reports.held(name):
                    store.reports.complete(lease, SUCCESS)
                done += len(claims)
            return done

        return run

    def watch(_: Store) -> int:
        most = 0
        with psycopg.connect(database, autocommit=True) as connection:
            while not ended.wait(0.002):
                [(running,)] = connection.execute(
                    "SELECT count(*) FROM job WHERE queue = 'narrow' AND state = 'processing'"
                )
                most = max(most, running)
        return most

    def work_then_end(store: Store) -> int:
        try:
            return work("w0")(store)
        finally:
            ended.set()

    *_, most = in_parallel(database, work_then_end, *(work(f"w{n}") for n in range(1, 8)), watch)
    assert 0 < most <= LIMIT
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM job WHERE state NOT IN ('completed', 'dead')").fetchone() == (
            0,
        )
    assert contradictions(database) == []


def test_settings_of_a_queue_that_are_changed_at_once_are_all_kept(database: str) -> None:
    """Each writes its own setting, and one resets another: the row disappears and comes back."""

    def limit(store: Store) -> None:
        for _ in range(60):
            store.queues.set_limit("q", 2)
            assert store.queues.settings("q")[1] == 2
            store.queues.set_limit("q", None)

    def pause(store: Store) -> None:
        for _ in range(60):
            store.queues.set_paused("q", True)
            assert store.queues.settings("q")[0]
            store.queues.set_paused("q", False)

    in_parallel(database, limit, pause)
