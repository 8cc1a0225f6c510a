"""Migrations: run once even if several start at the same time; every program checks the version."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import queuectl_core.tables
from queuectl_core.model.config import NUMBERS
from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.model.filter import Filter
from queuectl_core.sqlite.migrate import migrate
from tests.opened import opened


def set_version(database: Path, version: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def all_but_the_expression_index(name: str | None, _kind: str, _parents: object) -> bool:
    """Alembic cannot read `priority DESC` back from SQLite; that index has a test of its own."""
    return name != "job_claimable"


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_create_what_the_models_declare(migrated: Path) -> None:
    engine = sqlalchemy.create_engine(f"sqlite:///{migrated}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": all_but_the_expression_index})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert queuectl_core.tables.JobRow.__tablename__ in SQLModel.metadata.tables


def test_the_index_that_alembic_cannot_compare_exists(migrated: Path) -> None:
    with sqlite3.connect(migrated) as connection:
        [(sql,)] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'job_claimable'")
    connection.close()
    assert sql.endswith("(queue, priority DESC, seq) WHERE due = 1 AND lock IS NULL")


def test_several_migrations_may_start_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from queuectl_core.migrate import main; main()"]
    running = [
        subprocess.Popen(command, env={"QUEUECTL_DATA_DIR": str(tmp_path)}, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outcomes = [(process.communicate()[1], process.returncode) for process in running]
    assert [status for _, status in outcomes] == [0] * 4, outcomes
    opened(tmp_path / "queue.db", durable=True).check()


def test_a_missing_database_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"there is no database at .*queuectl-migrate"):
        opened(tmp_path / "queue.db").check()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "queue.db"
    database.write_bytes(b"something else entirely" * 100)
    with pytest.raises(DatabaseUnusable, match="file is not a database"):
        opened(database).check()
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        migrate(database)


@pytest.mark.parametrize(
    ("version", "reason"), [("0000", "older version.*queuectl-migrate"), ("9999", "newer version")]
)
def test_a_database_of_another_version_is_refused(database: Path, version: str, reason: str) -> None:
    set_version(database, version)
    with pytest.raises(DatabaseUnusable, match=reason):
        opened(database).check()


def test_a_newer_database_is_not_migrated(database: Path) -> None:
    set_version(database, "9999")
    before = database.read_bytes()
    with pytest.raises(DatabaseUnusable, match="newer version"):
        migrate(database)
    assert database.read_bytes() == before


def test_jobs_of_an_older_version_get_their_failure_and_time_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrations.upgrade.SCHEMA_VERSION", "0002")
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
    with opened(database) as store:
        assert [(group.failure, group.newest) for group in store.dlq.groups(Filter())] == [
            ("run … ⇒ exit status 3", "a"),
            ("run … ⇒ worker … was lost", "b"),
        ]
        found = store.jobs.page(Filter(enqueued_since=7200.0), limit=9).items
        assert [job.id for job in found] == ["c", "a"]


def test_numbers_of_an_older_version_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrations.upgrade.SCHEMA_VERSION", "0005")
        migrate(database)
    old = {"max-retries": 7.0, "backoff-jitter": 0.1, "limit-memory": 2.0**50 - 1, "retention": 1 / 3}
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO config VALUES (?, ?, 5)", old.items())
    connection.close()
    migrate(database)
    with opened(database) as store:
        assert {key: store.config.get(key).value for key in old} == old
        assert store.config.numbers() == {key: known.default for key, known in NUMBERS.items()} | old
        assert store.config.get("retention").updated_at == 5


def test_a_worker_older_than_the_sandbox_claims_nothing(migrated: Path) -> None:
    with sqlite3.connect(migrated) as connection, pytest.raises(sqlite3.OperationalError, match="no such index"):
        connection.execute("SELECT seq FROM job INDEXED BY job_ready WHERE due = 1 AND queue = 'q'")
    connection.close()


def test_batches_of_an_older_version_are_still_found_by_their_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "queue.db"
    with monkeypatch.context() as patch:
        patch.setattr("queuectl_core.migrations.upgrade.SCHEMA_VERSION", "0010")
        migrate(database)
    audit = "INSERT INTO audit (at, actor, role, address, action, subject, jobs, first, last) VALUES"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for seq in (1, 2, 3, 4, 5, 7):
            connection.execute(
                "INSERT INTO job (seq, id, command, queue, priority, state, attempt, attempts, cancelling, created_at,"
                " updated_at, sandbox) VALUES (?, ?, 'true', 'q', 0, 'completed', 0, 0, 0, 0, 0, 0)",
                (seq, f"j{seq}"),
            )
        for line in (
            "(1, 'ann', 'admin', '::1', 'enqueue', 'j1', 1, NULL, NULL)",
            "(2, 'ann', 'admin', '::1', 'enqueue', NULL, 3, 2, 4)",
            "(3, 'bob', 'admin', '::1', 'enqueue', NULL, 2, 5, 6)",
            "(4, 'bob', 'admin', '::1', 'delete', 'j6', 1, 6, NULL)",
            "(5, 'bob', 'admin', '::1', 'restore', NULL, 1, 7, 999)",
            "(6, 'bob', 'admin', '::1', 'delete', 'j8', 1, 8, NULL)",
        ):
            connection.execute(f"{audit} {line}")
    migrate(database)
    with opened(database) as store:
        seen = {
            job: [(line.actor, line.action.value) for line in store.audit.page(limit=9, job=job).items]
            for job in ("j1", "j3", "j5", "j6", "j7", "j8")
        }
    assert seen == {
        "j1": [("ann", "enqueue")],
        "j3": [("ann", "enqueue")],
        "j5": [("bob", "enqueue")],
        "j6": [("bob", "delete"), ("bob", "enqueue")],
        "j7": [("bob", "restore")],
        "j8": [("bob", "delete"), ("bob", "restore")],
    }
