"""Migrations of PostgreSQL: the columns of SQLite, once even if several start at the same time, clear errors."""

import subprocess
import sys
import uuid

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlmodel import SQLModel

import queuectl_core.tables
from queuectl_core.migrate import migrate
from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.schema import SCHEMA_VERSION
from tests.postgres.server import Server
from tests.running import ROOT, free_port

ONLY_IN_SQLITE: set[str] = set()
"""TABLE.COLUMN of what PostgreSQL keeps in another form, or TABLE."""

ONLY_IN_POSTGRES: set[str] = {
    "alembic_version",
    "clock.total_before",
    "counter_increment",
    "event.xid",
    "event_trimmed",
    "generation",
    "log_chunk",
    "presence",
    "ready",
    "series_increment",
    "tally_increment",
    "usage",
    "waiting",
}

Columns = dict[str, bool]
"""TABLE.COLUMN, and whether it may be null."""


def in_database(url: str) -> Columns:
    query = (
        "SELECT table_name || '.' || column_name, is_nullable = 'YES' FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    )
    with psycopg.connect(url) as connection:
        return dict(connection.execute(query).fetchall())


def declared() -> Columns:
    assert queuectl_core.tables.JobRow.__tablename__ in SQLModel.metadata.tables
    return {
        f"{table.name}.{column.name}": bool(column.nullable)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
    }


def without(columns: Columns, left_out: set[str]) -> Columns:
    return {name: null for name, null in columns.items() if name not in left_out and name.split(".")[0] not in left_out}


def test_the_columns_are_those_of_sqlite(database: str) -> None:
    assert without(in_database(database), ONLY_IN_POSTGRES) == without(declared(), ONLY_IN_SQLITE)


def test_the_differences_are_real(database: str) -> None:
    found, expected = in_database(database), declared()
    tables = {name.split(".")[0] for name in found} - {name.split(".")[0] for name in expected}
    assert (found.keys() - expected.keys()) | tables >= ONLY_IN_POSTGRES
    gone = {name.split(".")[0] for name in expected} - {name.split(".")[0] for name in found}
    assert (expected.keys() - found.keys()) | gone >= ONLY_IN_SQLITE


def test_text_is_compared_by_its_bytes(database: str) -> None:
    query = (
        "SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"
        " AND attcollation <> 0 AND attcollation <> '\"C\"'::regcollation"
    )
    with psycopg.connect(database) as connection:
        assert connection.execute(query).fetchall() == []


def test_several_migrations_may_start_at_once(new_database: str) -> None:
    script = "import sys; from queuectl_core.migrate import migrate; migrate(sys.argv[1])"
    running = [
        subprocess.Popen([sys.executable, "-c", script, new_database], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outcomes = [(process.communicate()[1], process.returncode) for process in running]
    assert [status for _, status in outcomes] == [0] * 4, outcomes
    with psycopg.connect(new_database) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(SCHEMA_VERSION,)]


def test_a_newer_database_is_not_migrated(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseUnusable, match="newer version"):
        migrate(database)


def test_a_database_of_another_program_is_left_as_it_is(new_database: str) -> None:
    with psycopg.connect(new_database) as connection:
        connection.execute("CREATE TABLE audit (it integer)")
    with pytest.raises(DatabaseUnusable, match='relation "audit" already exists'):
        migrate(new_database)
    assert in_database(new_database) == {"audit.it": True}


def test_another_encoding_is_refused(postgres: Server) -> None:
    url = postgres.new_database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(DatabaseUnusable, match=r"has the encoding LATIN1: .*UTF8"):
        migrate(url)
    postgres.drop(url)


def test_an_old_server_is_refused(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queuectl_core.postgres.migrate.OLDEST", 99)
    with pytest.raises(DatabaseUnusable, match=r"is PostgreSQL \d+: QueueCTL needs 99 or newer"):
        migrate(database)


def test_what_cannot_be_reached_is_named_without_the_password(postgres: Server) -> None:
    secret = uuid.uuid4().hex
    for url, reason in {
        f"postgresql://postgres:{secret}@127.0.0.1:{free_port()}/queue": "refused",
        make_conninfo(postgres.url, password=secret): "password authentication failed",
        make_conninfo(postgres.url, dbname="absent"): 'database "absent" does not exist',
        f"postgresql://postgres:{secret}@nowhere.invalid/queue": "nowhere.invalid",
    }.items():
        with pytest.raises(DatabaseUnusable, match=reason) as refusal:
            migrate(url)
        assert secret not in str(refusal.value)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("password", ["one/secret", "1/secret", "one%secret", "one@secret/", "one:se/cret"])
def test_a_password_that_is_not_encoded_is_not_repeated(password: str) -> None:
    with pytest.raises(DatabaseUnusable) as refusal:
        migrate(f"postgresql://queue:{password}@127.0.0.1:1/queue")
    assert "secret" not in str(refusal.value)
    assert "one" not in str(refusal.value)


def test_a_url_of_another_database_is_refused() -> None:
    with pytest.raises(DatabaseUnusable, match="postgresql://"):
        migrate("mysql://user@host/database")
