"""A fresh, migrated database for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from queuectl_core.store.store import Store
from tests.sqlite.backend import SqliteBackend
from tests.sqlite.plans import no_scans


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """The path of an empty queue."""
    return Path(shutil.copy(migrated, tmp_path / "queue.db"))


@pytest.fixture
def open_store(database: Path) -> Iterator[Callable[[], Store]]:
    """Opens further stores on the same database, as other processes would."""
    backend = SqliteBackend(database)
    yield backend.open_store
    backend.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A store on it."""
    return open_store()


@pytest.fixture(autouse=True)
def _no_scans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_scans(monkeypatch):
        yield
