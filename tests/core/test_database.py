"""A connection goes on by itself when what kept it from working is over."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from queuectl_core.errors import DatabaseBusy, DatabaseUnusable, StorageFull, WrongDatabase
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State


def test_nothing_is_written_to_a_database_that_was_removed(store: Store, database: Path, migrated: Path) -> None:
    store.queue.enqueue(NewJob(command="true"))
    database.rename(database.with_name("elsewhere"))
    with pytest.raises(WrongDatabase, match="there is no database at"):
        store.queue.enqueue(NewJob(command="true"))
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    shutil.copy(migrated, database)
    store.queue.enqueue(NewJob(command="true"))
    assert store.jobs.counts()[State.PENDING] == 1, "in the new one"


def test_a_damaged_page_is_told_and_passes_when_it_is_whole_again(database: Path) -> None:
    sound = database.read_bytes()
    database.write_bytes(b"x" * len(sound))
    with Store(database, durable=False) as store:
        with pytest.raises(DatabaseUnusable, match="file is not a database"):
            store.jobs.counts()
        database.write_bytes(sound)
        assert store.jobs.counts()[State.PENDING] == 0


def test_a_lock_is_waited_for_and_then_told(database: Path) -> None:
    somebody = sqlite3.connect(database, isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    with Store(database, durable=False, busy_seconds=0.05) as store:
        with pytest.raises(DatabaseBusy, match="locked by another process"):
            store.queue.enqueue(NewJob(command="true"))
        somebody.execute("ROLLBACK")
        store.queue.enqueue(NewJob(command="true"))
    somebody.close()


def test_no_room_is_told_by_its_name(database: Path) -> None:
    db = Database(database, durable=False)
    db.execute(f"PRAGMA max_page_count = {database.stat().st_size // 4096}")
    with pytest.raises(StorageFull, match=f"no room left in {database.parent}"), db.transaction():
        db.execute("INSERT INTO config SELECT value, zeroblob(9000), 0 FROM json_each('[1,2,3,4,5,6,7,8,9]')")
    assert db.value("SELECT count(*) FROM config") == 0
    db.close()


def test_a_transaction_that_was_undone_by_a_fault_takes_nothing_more(database: Path) -> None:
    db = Database(database, durable=False)
    with pytest.raises(DatabaseUnusable, match="undone by a fault"), db.transaction():
        db.execute("ROLLBACK")  # as SQLite does by itself on a full disk
        with db.transaction():
            db.execute("INSERT INTO config VALUES ('a', 1, 0)")
    assert db.value("SELECT count(*) FROM config") == 0
    db.close()


def test_a_transaction_that_could_not_be_ended_is_not_written_into(database: Path) -> None:
    db = Database(database, durable=False)
    db.execute("BEGIN IMMEDIATE")  # as where a rollback has failed
    with db.transaction():
        db.execute("INSERT INTO config VALUES ('a', 1, 0)")
    other = Database(database, durable=False)
    assert other.value("SELECT count(*) FROM config") == 1, "it was committed"
    db.close()
    other.close()
