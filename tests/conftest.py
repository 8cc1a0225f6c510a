"""What several rooms' tests use: an empty queue to be copied, and the whole system as processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from queuectl_core.sqlite.store import Store
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import client
from tests.system import System


def pytest_configure() -> None:
    """Let programs that tests start react to signals, also where the tests themselves were started to ignore some.

    Scripts start background jobs with SIGINT and SIGQUIT ignored, nohup ignores SIGHUP, and programs inherit that. A
    handler, in contrast, is reset to the default in a new program. This one does nothing, so the tests go on unharmed.
    """
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where tests that share a system would be spread over all processes, each with a system of its own.

    pytest-xdist says nothing where groups have no effect, as with pytest 9.2: pytest-dev/pytest-xdist#1386.
    """
    if session.config.getoption("loadgroup", default=False):
        for item in session.items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]:
                raise pytest.UsageError("xdist_group has no effect: check the versions of pytest and pytest-xdist")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `queuectl-migrate` leaves it, to be copied."""
    directory = tmp_path_factory.mktemp("migrated")
    migrate(directory)
    return directory / "queue.db"


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An API and a worker with four slots, shared by the tests of one process."""
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
    """An admin's client of the API at `url`, which a room's tests start for themselves."""
    with client(url) as api:
        yield api


@pytest.fixture
def store(data_dir: Path, url: str) -> Iterator[Store]:
    """The queue of that API, as another process uses it."""
    with Store(data_dir / "queue.db", durable=False) as store:
        yield store
