"""Unused space is returned to the file system, and the WAL does not grow without bound."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from queuectl_core.model.bulk import Action
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.sqlite import migrate as migrating
from queuectl_core.sqlite import space
from queuectl_core.sqlite.migrate import make_shrinkable, migrate
from queuectl_core.sqlite.session import WAL_BYTES
from queuectl_core.sqlite.space import KEPT_PAGES, STEP_PAGES
from queuectl_core.store.store import Store
from tests.opened import opened, session_of

PAGE = 4096
KEPT = KEPT_PAGES * PAGE
MEBIBYTE = 1 << 20


def size(database: Path, end: str = "") -> int:
    file = database.with_name(database.name + end)
    return file.stat().st_size if file.exists() else 0


def value(database: Path, sql: str) -> Any:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchone()[0]


def print_much(store: Store, mebibytes: int) -> None:
    """Enqueue jobs with an environment of a MiB each, in one transaction."""
    with store.transaction():
        for _ in range(mebibytes):
            job = NewJob(command="true", env={f"V{number}": "x" * 32_000 for number in range(33)})
            store.enqueue(job)


def delete_all(store: Store) -> None:
    cursor = None
    while True:
        cursor = store.bulk.step(Action.DELETE, Filter(), cursor).next_cursor
        if cursor is None:
            return


def as_of_an_earlier_version(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")


def test_the_space_of_deleted_jobs_is_given_back_except_a_reserve(store: Store, database: Path) -> None:
    kept = store.enqueue(NewJob(command="true"))
    print_much(store, 40)
    store.space.give_back()
    assert size(database) > 40 * MEBIBYTE
    cancelled = Filter(states=(State.CANCELLED,))
    store.bulk.step(Action.CANCEL, Filter())
    store.actions.retry(kept)
    store.bulk.step(Action.DELETE, cancelled)
    sizes = []
    for _ in range(5):
        store.space.give_back()
        sizes.append(size(database))
    assert len(set(sizes)) > 2, "a call gives back some of it"
    assert sizes[3] == sizes[4], "until nothing is to be given"
    assert KEPT < sizes[4] < KEPT + 3 * MEBIBYTE
    assert store.jobs.get(kept).state is State.PENDING
    assert value(database, "PRAGMA integrity_check") == "ok"


def test_it_is_given_back_by_short_transactions(store: Store, monkeypatch: pytest.MonkeyPatch, database: Path) -> None:
    monkeypatch.setattr(space, "KEPT_PAGES", 0)
    print_much(store, 3)
    delete_all(store)
    free = value(database, "PRAGMA freelist_count")
    begun: list[str] = []
    session_of(store)._connected().set_trace_callback(
        lambda sql: begun.append(sql) if sql.startswith("BEGIN") else None
    )
    store.space.give_back()
    assert len(begun) == -(-free // STEP_PAGES) > 3
    assert value(database, "PRAGMA freelist_count") == 0


def test_the_wal_is_short_again_after_a_large_delete(store: Store, database: Path) -> None:
    print_much(store, 40)
    assert size(database, "-wal") > 2 * WAL_BYTES
    delete_all(store)
    store.space.give_back()
    assert size(database, "-wal") <= WAL_BYTES


def test_the_wal_is_cut_by_the_next_write_without_housekeeping(store: Store, database: Path) -> None:
    print_much(store, 40)
    for _ in range(2):
        store.enqueue(NewJob(command="true"))
    assert size(database, "-wal") <= WAL_BYTES


def test_a_reader_keeps_the_wal_only_while_it_reads(store: Store, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM job").fetchone()
        print_much(store, 40)
        delete_all(store)
        store.space.give_back()
        assert size(database, "-wal") > WAL_BYTES
        assert reader.execute("SELECT count(*) FROM job").fetchone() == (0,)
        store.enqueue(NewJob(command="true"))
        free = value(database, "PRAGMA freelist_count")
        seen: list[str] = []
        session_of(store)._connected().set_trace_callback(seen.append)
        store.space.give_back()
        assert not [sql for sql in seen if "TRUNCATE" in sql], "that would keep others from writing meanwhile"
        assert value(database, "PRAGMA freelist_count") == free, "what moves would only make the WAL longer"
        reader.execute("ROLLBACK")
        store.space.give_back()
        assert size(database, "-wal") == 0


def test_a_long_writer_is_not_waited_for_long(store: Store, database: Path) -> None:
    print_much(store, 40)
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        store.space.give_back()
        assert size(database, "-wal") > WAL_BYTES
        writer.execute("ROLLBACK")
    store.space.give_back()
    assert size(database, "-wal") == 0


def test_a_backup_can_give_back_space_as_well(store: Store, tmp_path: Path) -> None:
    store.snapshot.copy(tmp_path / "copy.db")
    assert value(tmp_path / "copy.db", "PRAGMA auto_vacuum") == 2


def test_a_database_of_an_earlier_version_is_rewritten_once(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    as_of_an_earlier_version(database)
    with opened(database) as store:
        kept = store.enqueue(NewJob(command="true"))
        print_much(store, 20)
        for job in store.jobs.page(Filter(), limit=20).items:
            store.actions.delete(job.id)
        store.space.give_back()
    assert size(database) > 20 * MEBIBYTE
    make_shrinkable(database)
    assert "rewriting" in caplog.text
    assert size(database) < MEBIBYTE
    assert (value(database, "PRAGMA auto_vacuum"), value(database, "PRAGMA integrity_check")) == (2, "ok")
    with opened(database) as store:
        assert store.jobs.get(kept).state is State.PENDING
    caplog.clear()
    make_shrinkable(database)
    assert caplog.text == ""


def test_a_database_is_not_rewritten_without_enough_free_space(
    database: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of_an_earlier_version(database)
    before = database.read_bytes()
    monkeypatch.setattr(migrating, "free_bytes", lambda _: 2 * len(before))
    make_shrinkable(database)
    assert "was not rewritten and keeps its free space: this needs" in caplog.text
    assert database.read_bytes() == before
    with opened(database) as store:
        store.space.give_back()
        store.enqueue(NewJob(command="true"))


def test_a_database_that_others_write_to_is_not_rewritten_now(
    database: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of_an_earlier_version(database)
    monkeypatch.setattr(migrating, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        make_shrinkable(database)
        writer.execute("ROLLBACK")
    assert "was not rewritten and keeps its free space: database is locked" in caplog.text


def test_a_new_database_has_auto_vacuum(tmp_path: Path) -> None:
    migrate(tmp_path / "queue.db")
    assert value(tmp_path / "queue.db", "PRAGMA auto_vacuum") == 2
