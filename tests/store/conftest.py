"""An empty queue for each test, in each database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuectl_core.store.store import Store
from tests.postgres.backend import PostgresBackend
from tests.postgres.server import Server
from tests.sqlite.backend import SqliteBackend
from tests.sqlite.plans import no_scans
from tests.store.backend import Backend, MakeBackend, OpenStore


@pytest.fixture(scope="session")
def make_sqlite(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeBackend:
    def make() -> Backend:
        return SqliteBackend(Path(shutil.copy(migrated, tmp_path_factory.mktemp("queue") / "queue.db")))

    return make


@pytest.fixture(scope="session")
def make_postgres(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> MakeBackend:
    return lambda: PostgresBackend(postgres, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def make_backend(request: pytest.FixtureRequest) -> MakeBackend:
    """Makes empty queues in the database that is being tested."""
    make: MakeBackend = request.getfixturevalue(f"make_{request.param}")
    return make


@pytest.fixture
def backend(make_backend: MakeBackend) -> Iterator[Backend]:
    """An empty queue."""
    backend = make_backend()
    yield backend
    backend.close()


@pytest.fixture
def open_store(backend: Backend) -> OpenStore:
    """Opens further stores on the same queue, as other processes would."""
    return backend.open_store


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """A store on an empty queue."""
    return open_store()


@pytest.fixture(autouse=True)
def _no_scans(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_scans(monkeypatch):
        yield
