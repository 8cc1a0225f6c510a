"""No checkpoint meets a WAL that is copied whole: before SQLite 3.51.3 that could corrupt the database."""

import struct
from collections.abc import Callable
from pathlib import Path

from queuectl_core.model.new_job import NewJob
from queuectl_core.sqlite.checkpoint import PAGES, CheckpointLock
from queuectl_core.store.store import Store
from tests.opened import session_of

WAIT_MS = 100


def wal(database: Path) -> tuple[int, int]:
    """How many pages the WAL has, and how many of them are copied, as its index says ("WAL-index format")."""
    index = database.with_name(f"{database.name}-shm").read_bytes()
    return struct.unpack_from("=I", index, 16)[0], struct.unpack_from("=I", index, 96)[0]


def write(store: Store, pages: int = PAGES) -> None:
    """One commit of at least so many pages."""
    with store.transaction():
        for _ in range(pages // 8 + 1):
            store.enqueue(NewJob(command="true", env={"TEXT": "x" * 32_000}))


def test_a_commit_copies_a_long_wal(store: Store, database: Path) -> None:
    write(store)
    pages, copied = wal(database)
    assert copied == pages > PAGES


def test_a_commit_copies_nothing_while_another_connection_may(
    store: Store, database: Path, open_store: Callable[[], Store]
) -> None:
    with CheckpointLock(database) as other:
        assert other.take()
        write(store)
        assert wal(database)[1] == 0
        assert session_of(store).checkpoint("PASSIVE", WAIT_MS) is None
        assert wal(database)[1] == 0
    open_store().enqueue(NewJob(command="true"))
    pages, copied = wal(database)
    assert copied == pages > PAGES, "the next commit copies it, whoever makes it"


def test_the_lock_is_free_after_each_commit_and_checkpoint(store: Store, database: Path) -> None:
    store.enqueue(NewJob(command="true"))
    session_of(store).checkpoint("TRUNCATE", WAIT_MS)
    with CheckpointLock(database) as other:
        assert other.take()


def test_nothing_is_copied_after_a_write_outside_a_transaction(store: Store, database: Path) -> None:
    for _ in range(3):
        store.enqueue(NewJob(command="true"))
    session_of(store).execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO config SELECT 'x' || i, zeroblob(5000), 0 FROM n",
        (PAGES,),
    )
    pages, copied = wal(database)
    assert pages > PAGES
    assert copied == 0


def test_a_checkpoint_never_begins_on_a_wal_that_is_copied_whole(store: Store, database: Path) -> None:
    write(store)
    before = wal(database)
    assert before[0] == before[1], "copied whole, so that a commit of another connection could restart it"
    assert session_of(store).checkpoint("PASSIVE", WAIT_MS) == (1, 1), "it has restarted the WAL with a page of its own"
    assert session_of(store).checkpoint("PASSIVE", WAIT_MS) == (1, 1)
