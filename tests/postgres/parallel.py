"""Runs functions at the same time, each in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from queuectl_core.store.store import Store
from tests.postgres.opened import open_store

Result = TypeVar("Result")


def somebody_waits(url: str) -> bool:
    """Whether a transaction in this database waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as connection:
        return connection.execute(waiting).fetchone() != (0,)


def in_parallel(url: str, *runs: Callable[[Store], Result]) -> Sequence[Result]:
    """Call each with a store of its own, all beginning at the same moment; returns their results in order."""
    start = threading.Barrier(len(runs))

    def run(function: Callable[[Store], Result]) -> Result:
        with open_store(url, durable=True) as store:
            store.check()  # connects
            start.wait(30)
            return function(store)

    with ThreadPoolExecutor(len(runs)) as threads:
        return [future.result() for future in [threads.submit(run, function) for function in runs]]
