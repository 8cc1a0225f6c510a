"""Whoever keeps the database from reusing the space of deleted rows is named."""

import psycopg
import pytest

from queuectl_core.postgres import space
from tests.postgres.opened import open_store


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "BLOCKED_SECONDS", 0.0)


@pytest.mark.parametrize("statement", ["SELECT * FROM job", "UPDATE config SET updated_at = 0"])
def test_an_open_transaction_is_named(database: str, statement: str) -> None:
    with open_store(database, durable=True) as store:
        assert store.space.blocker() is None
        with psycopg.connect(database, application_name="a report") as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute(statement)
            reader.execute("SELECT pg_current_xact_id_if_assigned()")
            named = store.space.blocker()
            assert named is not None
            assert named.startswith("a report of postgres (process ")
            assert named.endswith("has had a transaction open for 0 min")
        assert store.space.blocker() is None


def test_an_open_transaction_in_another_database_is_not_named(database: str, new_database: str) -> None:
    with open_store(database, durable=True) as store, psycopg.connect(new_database) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        assert store.space.blocker() is None
