"""A fresh, migrated database for each test."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from queuectl_core.sqlite.store import Store
from tests.core.plans import Explained


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """The path of an empty queue."""
    return Path(shutil.copy(migrated, tmp_path / "queue.db"))


@pytest.fixture
def open_store(database: Path) -> Iterator[Callable[[], Store]]:
    """Opens further stores on the same database, as other processes would."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store(database, durable=False))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A store on an empty queue."""
    return open_store()


@pytest.fixture(autouse=True)
def _no_scan(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No statement that a test here runs goes through a whole table that may be large."""
    monkeypatch.setattr("queuectl_core.sqlite.database.sqlite3.connect", partial(sqlite3.connect, factory=Explained))
    yield
    found = Explained.scans.copy()
    Explained.scans.clear()
    assert not found
