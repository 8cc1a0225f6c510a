"""Fixtures for several packages: an empty queue to copy, and the whole system as processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import settings

from queuectl_core.store.store import Store
from tests.opened import opened
from tests.postgres.server import Server, running_server
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import client
from tests.system import System

settings.register_profile("queuectl", deadline=None)
settings.load_profile("queuectl")


def pytest_configure() -> None:
    """Let programs started by tests react to signals, even if the tests themselves were started with some ignored.

    Scripts start background jobs with SIGINT and SIGQUIT ignored, nohup ignores SIGHUP, and programs inherit that. A
    handler, in contrast, is reset to the default in a new program. This one does nothing.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run if tests that share a system would be distributed over processes, each with its own system.

    pytest-xdist does not warn if groups have no effect, as with pytest 9.2: pytest-dev/pytest-xdist#1386.
    """
    if session.config.getoption("loadgroup", default=False):
        for item in session.items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]:
                raise pytest.UsageError("xdist_group has no effect: check the versions of pytest and pytest-xdist")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as created by `queuectl-migrate`, to copy."""
    directory = tmp_path_factory.mktemp("migrated")
    migrate(directory)
    return directory / "queue.db"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """A PostgreSQL server, shared by all processes of the run."""
    directory = tmp_path_factory.getbasetemp()
    shared = (directory if worker_id == "master" else directory.parent) / "postgres"
    shared.mkdir(exist_ok=True)
    with running_server(shared) as server:
        yield server


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An API and a worker with four slots, shared by all tests of a process."""
    data_dir: Path = tmp_path_factory.mktemp("system")
    migrate(data_dir)
    with (
        running_api(data_dir, api_processes=1) as url,
        program(
            "queuectl-worker",
            data_dir / "worker.log",
            data_dir=data_dir,
            concurrency=4,
            kill_grace=0.5,
            drain_grace=1,
        ),
    ):
        system = System(url, data_dir)
        eventually(lambda: system.get("/api/status")["workers"])
        yield system


@pytest.fixture
def api(url: str) -> Iterator[httpx.Client]:
    """An admin's client for the API at `url`, a fixture that each package's tests define."""
    with client(url) as api:
        yield api


@pytest.fixture
def store(data_dir: Path, url: str) -> Iterator[Store]:
    """A store on the database of that API, as another process would use it."""
    with opened(data_dir / "queue.db") as store:
        yield store
