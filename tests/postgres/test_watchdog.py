"""Connections to a server that does not answer: nobody waits for ever, and a long statement is left alone."""

from collections.abc import Iterator

import pytest

from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.postgres import watchdog
from queuectl_core.postgres.logs import PostgresLogs
from queuectl_core.postgres.session import PostgresSession
from tests.postgres.proxy import Proxy


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    """In front of an empty queue."""
    proxy = Proxy(database)
    yield proxy
    proxy.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suspect the server after a fraction of a second."""
    monkeypatch.setattr(watchdog, "SILENCE_SECONDS", 0.3)


def test_a_statement_to_a_silent_server_fails(proxy: Proxy) -> None:
    session = PostgresSession(proxy.url)
    assert session.value("SELECT 1") == 1
    with proxy.silent(), pytest.raises(DatabaseUnusable):
        session.value("SELECT 1")
    assert session.value("SELECT 2") == 2
    session.close()


def test_a_transaction_on_a_silent_server_fails(proxy: Proxy) -> None:
    session = PostgresSession(proxy.url)

    def write_in_silence() -> None:
        with session.transaction():
            session.execute("INSERT INTO config (key, value, updated_at) VALUES ('retention', '1', 0)")
            with proxy.silent():
                session.value("SELECT 1")

    with pytest.raises(DatabaseUnusable):
        write_in_silence()
    assert session.value("SELECT count(*) FROM config") == 0
    session.close()


def test_output_is_read_from_no_silent_server(proxy: Proxy) -> None:
    logs = PostgresLogs(proxy.url)
    assert logs.size(1, 1) == 0
    with proxy.silent(), pytest.raises(OSError, match="cannot be used"):
        logs.size(1, 1)
    assert logs.size(1, 1) == 0


def test_a_connection_that_alone_is_silent_is_given_up(proxy: Proxy) -> None:
    session = PostgresSession(proxy.url)
    assert session.value("SELECT 1") == 1
    with proxy.silent(new_ones=False), pytest.raises(DatabaseUnusable):
        session.value("SELECT 1")
    session.close()


def test_a_connection_of_which_the_server_knows_nothing_is_given_up(proxy: Proxy) -> None:
    session = PostgresSession(proxy.url)
    assert session.value("SELECT 1") == 1
    with proxy.kept_open():
        proxy.disconnect()
        with pytest.raises(DatabaseUnusable):
            session.value("SELECT 1")
    session.close()


def test_a_statement_may_take_long(database: str) -> None:
    session = PostgresSession(database)
    assert session.value("SELECT 1 FROM pg_sleep(3)") == 1
    session.close()


def test_after_a_restart_of_the_server_nobody_sees_an_error(database: str, proxy: Proxy) -> None:
    session, logs = PostgresSession(database), PostgresLogs(database)
    assert session.value("SELECT 1") == 1
    assert logs.size(1, 1) == 0
    other = PostgresSession(database)
    other.value(
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other.close()
    with session.transaction():
        assert session.value("SELECT 2") == 2
    assert logs.size(1, 1) == 0
    session.close()
