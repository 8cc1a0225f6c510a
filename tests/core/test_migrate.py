"""The database is made once, by whoever comes first, and its version is checked by everybody."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import queuectl_core.models
from queuectl_core.errors import DatabaseUnusable
from queuectl_core.migrate import migrate
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store


def set_version(database: Path, version: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def all_but_the_expression_index(name: str | None, _kind: str, _parents: object) -> bool:
    """Alembic cannot read `priority DESC` back from SQLite; that index has a test of its own."""
    return name != "job_claimable"


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_what_the_models_say(migrated: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": all_but_the_expression_index})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert queuectl_core.models.JobRow.__tablename__ in SQLModel.metadata.tables


def test_the_one_index_that_cannot_be_compared_is_there(migrated: Path) -> None:
    with sqlite3.connect(migrated) as connection:
        [(sql,)] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'job_claimable'")
    connection.close()
    assert sql.endswith("(queue, priority DESC, seq) WHERE due = 1")


def test_several_may_start_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from queuectl_core.migrate import main; main()"]
    running = [
        subprocess.Popen(command, env={"QUEUECTL_DATA_DIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outcomes = [(process.communicate()[1], process.returncode) for process in running]
    assert [status for _, status in outcomes] == [0] * 4, outcomes
    Store(tmp_path / "queue.db", durable=True).check()


def test_a_missing_database_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"there is no database at .*queuectl-migrate"):
        Store(tmp_path / "queue.db", durable=False).check()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "queue.db"
    database.write_bytes(b"something else entirely" * 100)
    with pytest.raises(DatabaseUnusable, match="file is not a database"):
        Store(database, durable=False).check()
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        migrate(database)


@pytest.mark.parametrize(
    ("version", "reason"), [("0000", "older version.*queuectl-migrate"), ("9999", "newer version")]
)
def test_a_database_of_another_version_is_refused(database: Path, version: str, reason: str) -> None:
    set_version(database, version)
    with pytest.raises(DatabaseUnusable, match=reason):
        Store(database, durable=False).check()


def test_a_newer_database_is_left_as_it_is(database: Path) -> None:
    set_version(database, "9999")
    before = database.read_bytes()
    with pytest.raises(DatabaseUnusable, match="newer version"):
        migrate(database)
    assert database.read_bytes() == before


def test_jobs_of_an_older_version_are_found_by_what_they_died_of_and_when_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrate.SCHEMA_VERSION", "0002")
        migrate(database)
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO job (id, command, queue, priority, state, attempt, attempts, error, worker, cancelling,"
            " created_at, updated_at, finished_at) VALUES (?, ?, 'q', 0, ?, 1, 1, ?, 'w-1', 0, ?, 0, 0)",
            [
                ("a", "run 1", "dead", "exit status 3", 7200.0),
                ("b", "run 2", "dead", "worker w-1 was lost", 3600.0),
                ("c", "run 3", "completed", None, 7300.0),
            ],
        )
    connection.close()
    migrate(database)
    with Store(database, durable=False) as store:
        assert [(group.failure, group.newest) for group in store.dead.groups(Filter())] == [
            ("run … ⇒ exit status 3", "a"),
            ("run … ⇒ worker … was lost", "b"),
        ]
        found = store.jobs.page(Filter(since=7200.0), limit=9).items
        assert [job.id for job in found] == ["c", "a"]


def test_a_worker_of_the_version_before_the_sandbox_claims_nothing_more(migrated: Path) -> None:
    with sqlite3.connect(migrated) as connection, pytest.raises(sqlite3.OperationalError, match="no such index"):
        connection.execute("SELECT seq FROM job INDEXED BY job_ready WHERE due = 1 AND queue = 'q'")
    connection.close()
