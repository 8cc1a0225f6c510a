"""Lost connections, refused values, locks of others: what was not committed leaves nothing behind."""

import os
import select
from contextlib import closing, suppress

import psycopg
import pytest

from queuectl_core.model.errors import (
    DatabaseBusy,
    DatabaseUnusable,
    InvalidText,
    JobNotFound,
    OutcomeUnknown,
)
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.postgres.session import PostgresSession
from queuectl_core.store.store import Store
from queuectl_core.store.writer import Writer
from tests.postgres.consistency import contradictions
from tests.postgres.opened import open_store
from tests.postgres.own_server import own_server
from tests.postgres.proxy import Proxy
from tests.postgres.server import Server
from tests.running import eventually
from tests.store.attempts import register

JOB = NewJob(command="true")


def session_of(store: Store) -> PostgresSession:
    session = store._driver.session
    assert isinstance(session, PostgresSession)
    return session


def disconnect(store: Store) -> None:
    """The server ends the store's connection."""
    session = session_of(store)
    assert session._connection is not None
    process = session._connection.info.backend_pid
    with psycopg.connect(session._url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (process,))
        eventually(
            lambda: admin.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (process,)).fetchone() == (0,)
        )


def jobs(database: str) -> int:
    with psycopg.connect(database) as connection:
        [(number,)] = connection.execute("SELECT count(*) FROM job")
    return int(number)


def test_a_connection_that_is_lost_while_nobody_uses_it_is_replaced_unnoticed(database: str) -> None:
    with open_store(database, durable=True) as store:
        store.enqueue(JOB)
        disconnect(store)
        store.enqueue(JOB)
        disconnect(store)
        assert store.jobs.count(Filter()) == (2, True)


def test_a_connection_of_which_the_server_has_said_that_it_ends_is_not_used(database: str) -> None:
    proxy = Proxy(database)
    with closing(proxy), proxy.kept_open(), open_store(proxy.url, durable=True) as store:
        store.enqueue(JOB)
        connection = session_of(store)._connection
        assert connection is not None
        disconnect(store)
        assert select.select([connection], [], [], 60)[0]
        store.enqueue(JOB)
        assert jobs(database) == 2


def test_a_transaction_whose_connection_is_lost_leaves_nothing_behind(database: str) -> None:
    with open_store(database, durable=True) as store:
        kept = store.enqueue(JOB)

        def lose_connection() -> None:
            with store.transaction():
                store.enqueue(JOB)
                store.actions.cancel(kept)
                disconnect(store)
                with suppress(DatabaseUnusable):
                    store.enqueue(JOB)

        with pytest.raises(DatabaseUnusable):
            lose_connection()
        store.enqueue(JOB)
        assert jobs(database) == 2
    assert contradictions(database) == []


def test_if_the_connection_is_lost_during_a_commit_nobody_is_told_that_nothing_was_changed(database: str) -> None:
    with psycopg.connect(database) as connection:  # a constraint that is checked at the commit ends the connection
        connection.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON job_tag DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION die()"
        )
    with open_store(database, durable=True) as store:
        with pytest.raises(OutcomeUnknown):
            store.enqueue(NewJob(command="true", tags=["a"]))
        store.enqueue(JOB)
        assert jobs(database) == 1
    assert contradictions(database) == []


def test_a_transaction_with_a_failed_statement_is_not_reported_as_committed(database: str) -> None:
    with open_store(database, durable=True) as store:

        def ignore_a_failure() -> None:
            with store.transaction(), suppress(psycopg.IntegrityError):
                for _ in range(2):
                    session_of(store).execute("INSERT INTO answer VALUES ('key', 'request', 'content', 0)")

        with pytest.raises(DatabaseUnusable, match="rolled back"):
            ignore_a_failure()
        store.enqueue(JOB)
    assert contradictions(database) == []


def test_jobs_before_a_savepoint_stay_in_line_if_a_claim_in_it_is_rolled_back(database: str) -> None:
    with open_store(database, durable=True) as store:
        register(store, "w")
        with store.transaction():
            store.enqueue(JOB)
            with suppress(JobNotFound), store.transaction():
                assert len(store.claims.claim("w", 1)) == 1
                store.actions.cancel("unknown")
        assert contradictions(database) == []


def test_a_server_that_was_restarted_can_be_used_at_once() -> None:
    password = "/@: s3cret"
    with own_server(password) as server, open_store(server.url, durable=True) as store:
        job = store.enqueue(JOB)
        server.stop()
        for action in (lambda: store.enqueue(JOB), store.check, lambda: store.jobs.get(job)):
            with pytest.raises(DatabaseUnusable) as caught:
                action()
            assert password not in str(caught.value)
            assert "s3cret" not in str(caught.value)
        server.start()
        assert store.jobs.get(job).id == job
        store.enqueue(JOB)
        assert contradictions(server.url) == []


@pytest.mark.parametrize("password", ["s3/cr@et", "s3:cr/et", "s3%cret", "s3/cret"])
def test_an_invalid_url_is_refused_without_naming_its_password(password: str) -> None:
    with open_store(f"postgresql://me:{password}@127.0.0.1/queue", durable=True) as store:
        with pytest.raises(DatabaseUnusable, match="not valid") as caught:
            store.check()
        assert not any(piece in str(caught.value) for piece in ("s3", "cr", "et"))


def test_options_of_the_url_are_kept(database: str) -> None:
    with open_store(f"{database}?options=-c%20work_mem%3D5MB", durable=True, busy_seconds=2) as store:
        session = session_of(store)
        assert [session.value(f"SHOW {name}") for name in ("work_mem", "lock_timeout")] == ["5MB", "2s"]


def test_a_store_that_waits_for_nobody_fails_at_once_if_a_row_is_locked(database: str) -> None:
    with open_store(database, durable=True, busy_seconds=0) as store, open_store(database, durable=True) as other:
        job = store.enqueue(JOB)
        with other.transaction():
            other.actions.edit(job, JobChange(priority=1))
            with pytest.raises(DatabaseBusy):
                store.actions.cancel(job)

            def enqueue_and_cancel() -> None:
                with store.transaction():
                    store.enqueue(JOB)
                    store.actions.cancel(job)

            with pytest.raises(DatabaseBusy):
                enqueue_and_cancel()
        store.actions.cancel(job)
        assert jobs(database) == 1
    assert contradictions(database) == []


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
def test_a_text_that_cannot_be_stored_is_refused_and_harms_nobody_else(database: str, text: str) -> None:
    writer = Writer(database)
    try:
        refused = writer.submit(lambda store: store.queues.set_paused(text, True))
        kept = writer.submit(lambda store: store.enqueue(JOB))
        with pytest.raises(InvalidText):
            refused.result(30)
        kept.result(30)
    finally:
        writer.close()
    with open_store(database, durable=True) as store:
        for look in (lambda: store.jobs.get(text), lambda: store.jobs.count(Filter(tags=(text,)))):
            with pytest.raises(InvalidText):
                look()
        with store.transaction():
            with pytest.raises(InvalidText):
                store.actions.cancel(text)
            store.enqueue(JOB)
        assert jobs(database) == 2
    assert contradictions(database) == []


def test_a_process_that_forks_keeps_its_connection_and_its_child_gets_its_own(database: str) -> None:
    with open_store(database, durable=True) as store:
        store.enqueue(JOB)
        [(mine,)] = session_of(store).rows("SELECT pg_backend_pid()")
        child = os.fork()
        if child == 0:
            code = 2
            with suppress(Exception):
                code = int(session_of(store).value("SELECT pg_backend_pid()") == mine)
                store.enqueue(JOB)
                store.close()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert session_of(store).value("SELECT pg_backend_pid()") == mine
        assert jobs(database) == 2


def test_a_child_that_only_closes_an_inherited_store_does_not_disconnect_its_parent(database: str) -> None:
    with open_store(database, durable=True) as store:
        session_of(store).value("SELECT 1")
        child = os.fork()
        if child == 0:
            session_of(store).close()
            os._exit(0)
        os.waitpid(child, 0)
        with store.transaction():
            store.enqueue(JOB)


def test_every_transaction_is_read_committed_whatever_the_default_of_the_database(
    database: str, postgres: Server
) -> None:
    postgres.execute(f"ALTER DATABASE {database.rpartition('/')[2]} SET default_transaction_isolation = 'serializable'")
    with open_store(database, durable=True) as store, store.transaction():
        assert session_of(store).value("SHOW transaction_isolation") == "read committed"
