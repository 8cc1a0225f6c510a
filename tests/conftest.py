"""What several rooms' tests use: an empty queue to be copied, and the whole system as processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import eventually, migrate, program, running_api
from tests.system import System


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
