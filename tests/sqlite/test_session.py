"""A session recovers by itself when the fault of its database is over."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from queuectl_core.model.errors import DatabaseBusy, DatabaseUnusable, StorageFull, WrongDatabase
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.sqlite.session import SqliteSession
from queuectl_core.store.store import Store
from tests.opened import opened


def test_nothing_is_written_to_a_removed_database(store: Store, database: Path, migrated: Path) -> None:
    store.enqueue(NewJob(command="true"))
    database.rename(database.with_name("elsewhere"))
    with pytest.raises(WrongDatabase, match="there is no database at"):
        store.enqueue(NewJob(command="true"))
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    shutil.copy(migrated, database)
    store.enqueue(NewJob(command="true"))
    assert store.jobs.counts()[State.PENDING] == 1, "in the new one"


def test_a_damaged_file_is_reported_and_used_again_once_repaired(database: Path) -> None:
    sound = database.read_bytes()
    database.write_bytes(b"x" * len(sound))
    with opened(database) as store:
        with pytest.raises(DatabaseUnusable, match="file is not a database"):
            store.jobs.counts()
        database.write_bytes(sound)
        assert store.jobs.counts()[State.PENDING] == 0


def test_a_lock_is_waited_for_then_reported(database: Path) -> None:
    somebody = sqlite3.connect(database, isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    with opened(database, busy_seconds=0.05) as store:
        with pytest.raises(DatabaseBusy, match="locked by another process"):
            store.enqueue(NewJob(command="true"))
        somebody.execute("ROLLBACK")
        store.enqueue(NewJob(command="true"))
    somebody.close()


def test_a_full_disk_is_reported_with_its_directory(database: Path) -> None:
    db = SqliteSession(database, durable=False)
    db.execute(f"PRAGMA max_page_count = {database.stat().st_size // 4096}")
    with pytest.raises(StorageFull, match=f"no space left in {database.parent}"), db.transaction():
        db.execute("INSERT INTO config SELECT value, zeroblob(9000), 0 FROM json_each('[1,2,3,4,5,6,7,8,9]')")
    assert db.value("SELECT count(*) FROM config") == 0
    db.close()


def test_a_transaction_undone_by_a_fault_accepts_no_more_writes(database: Path) -> None:
    db = SqliteSession(database, durable=False)

    def goes_on_after_a_fault() -> None:
        with db.transaction():
            db.execute("ROLLBACK")  # as SQLite does by itself on a full disk
            with db.transaction():
                db.execute("INSERT INTO config VALUES ('a', 1, 0)")

    with pytest.raises(DatabaseUnusable, match="rolled back after an error"):
        goes_on_after_a_fault()
    assert db.value("SELECT count(*) FROM config") == 0
    db.close()


def test_a_transaction_that_could_not_be_ended_is_not_continued(database: Path) -> None:
    db = SqliteSession(database, durable=False)
    db.execute("BEGIN IMMEDIATE")  # as after a rollback that has failed
    with db.transaction():
        db.execute("INSERT INTO config VALUES ('a', 1, 0)")
    other = SqliteSession(database, durable=False)
    assert other.value("SELECT count(*) FROM config") == 1, "it was committed"
    db.close()
    other.close()
