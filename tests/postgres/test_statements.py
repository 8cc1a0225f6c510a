"""Statements that are sent with the next one, and how the server plans them."""

from collections.abc import Callable

import pytest

from queuectl_core.model.actor import Actor
from queuectl_core.model.attempt import Lease
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import InvalidText
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.postgres.session import BY_INDEX, PostgresSession
from queuectl_core.store.store import Store
from queuectl_core.store.writer import commit
from tests.postgres.opened import open_store
from tests.store.attempts import SUCCESS, register

ACTOR = Actor("somebody", Role.ADMIN, "127.0.0.1")


def test_a_statement_that_waited_and_fails_refuses_its_own_write_only(database: str) -> None:
    with open_store(database) as store:

        def enqueuing(name: str, detail: str) -> Callable[[Store], str]:
            def enqueue(store: Store) -> str:
                store.enqueue(NewJob(id=name, command="true"))
                store.audit.record(ACTOR, Done.ENQUEUE, name, detail)
                return name

            return enqueue

        outcomes = commit(store, [enqueuing("a", ""), enqueuing("b", "\0"), enqueuing("c", "")])
        assert [result for result, _ in outcomes] == ["a", None, "c"]
        assert isinstance(outcomes[1][1], InvalidText)
        assert store.jobs.count(Filter()) == (2, True)
        assert sorted(entry.subject or "" for entry in store.audit.page(limit=9).items) == ["a", "c"]


def test_only_transactions_of_workers_are_planned_by_index(database: str) -> None:
    def settings() -> list[str]:
        return [session.value(f"SHOW {name}") for name in BY_INDEX]

    with open_store(database) as store:
        session = session_of(store)
        usual = settings()
        assert usual == ["auto", "on", "on", "on", "on", "on"]
        register(store, "w")
        store.enqueue(NewJob(command="true"))
        with store.transaction():
            [claim] = store.claims.claim("w", 1)
            assert settings() == [*BY_INDEX.values()]
        with pytest.raises(ZeroDivisionError):
            complete_and_break(store, claim.lease)
        with store.transaction():
            store.reports.complete(claim.lease, SUCCESS)
            assert settings() == [*BY_INDEX.values()]
        assert settings() == usual


def complete_and_break(store: Store, lease: Lease) -> None:
    with store.transaction():
        store.reports.complete(lease, SUCCESS)
        raise ZeroDivisionError


def session_of(store: Store) -> PostgresSession:
    session = store._driver.session
    assert isinstance(session, PostgresSession)
    return session
