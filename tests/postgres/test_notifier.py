"""Notifications of commits between processes, and the threads and connections that they take."""

import select
import subprocess
import sys
import threading
from contextlib import closing

import psycopg
import pytest

from queuectl_core.model.new_job import NewJob
from queuectl_core.store.notifier import Listener
from tests.postgres.opened import open_store
from tests.postgres.server import Server
from tests.running import ROOT, eventually

JOB = NewJob(command="true")


def is_woken(listener: Listener, within: float) -> bool:
    return bool(select.select([listener], [], [], within)[0])


def listeners(database: str, end: bool = False) -> int:
    """How many connections listen. `end`: the server ends them."""
    action = "pg_terminate_backend(pid)" if end else "true"
    with psycopg.connect(database, autocommit=True) as connection:
        query = f"SELECT count(*) FILTER (WHERE {action}) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
        [(number,)] = connection.execute(f"{query} AND datname = current_database()")
    return int(number)


def test_a_commit_of_another_process_wakes_a_listener(database: str) -> None:
    program = (
        "import sys; from queuectl_core.store.open import open_store; from queuectl_core.model.new_job import NewJob\n"
        "with open_store(sys.argv[1], durable=True) as store: store.enqueue(NewJob(command='true'))"
    )
    with open_store(database, durable=True) as store, closing(store.listen()) as listener:
        subprocess.run([sys.executable, "-c", program, database], check=True, cwd=ROOT)
        assert is_woken(listener, within=10)
        assert sum(store.jobs.counts().values()) == 1


def test_a_listener_whose_connection_was_lost_is_woken_and_hears_of_later_commits(database: str) -> None:
    with open_store(database, durable=True) as store, closing(store.listen()) as listener:
        eventually(lambda: listeners(database) == 1)
        assert listeners(database, end=True) == 1
        assert is_woken(listener, within=30), "it may have missed something"
        listener.clear()
        store.enqueue(JOB)
        assert is_woken(listener, within=30)


def test_a_notifier_whose_connection_was_lost_gets_another(database: str) -> None:
    with open_store(database, durable=True) as store, closing(store.listen()) as listener:
        store.enqueue(JOB)
        assert is_woken(listener, within=30)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE '%pg_notify%' AND pid <> pg_backend_pid()"
            )
        listener.clear()
        store.enqueue(JOB)
        assert is_woken(listener, within=30), "by the only commit after that"


def test_a_closed_store_leaves_no_thread_and_no_connection(database: str, postgres: Server) -> None:
    before = {*threading.enumerate()}
    with open_store(database, durable=True) as store, closing(store.listen(everything=True)):
        store.enqueue(JOB)
        eventually(lambda: postgres.connections(database) == 3)
    eventually(lambda: postgres.connections(database) == 0)
    assert {*threading.enumerate()} <= before


def test_a_store_that_only_reads_has_one_connection_and_no_thread(database: str, postgres: Server) -> None:
    before = {*threading.enumerate()}
    with open_store(database, durable=True) as store:
        store.jobs.counts()
        assert store.workers.reap_expired() == []
        store.feed.trim()
        assert postgres.connections(database) == 1
        assert {*threading.enumerate()} <= before


@pytest.fixture
def pings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queuectl_core.postgres.notifier.PING_SECONDS", 0.1)


@pytest.mark.usefixtures("pings_at_once")
def test_an_idle_listener_pings_its_connection(database: str) -> None:
    with open_store(database, durable=True) as store, closing(store.listen()):
        eventually(lambda: listeners(database) == 0)  # its last statement is another one now
