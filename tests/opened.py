"""Opens stores on databases of tests."""

from pathlib import Path

from queuectl_core.sqlite.driver import SqliteDriver
from queuectl_core.sqlite.session import SqliteSession
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store


def opened(database: Path, *, durable: bool = False, busy_seconds: float | None = None) -> Store:
    """A store on that SQLite file, as another process would use it."""
    return open_store(f"sqlite:///{database}", durable=durable, busy_seconds=busy_seconds)


def session_of(store: Store) -> SqliteSession:
    """The store's connection, to read rows that no method returns."""
    return _driver(store).session


def path_of(store: Store) -> Path:
    """The store's database file."""
    return _driver(store).path


def _driver(store: Store) -> SqliteDriver:
    driver = store._driver
    assert isinstance(driver, SqliteDriver)
    return driver
