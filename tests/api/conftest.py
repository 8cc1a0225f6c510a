"""An API without workers: the tests play the worker where one is needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from queuectl_core.logs import Logs
from tests.running import migrate, running_api


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where that API's queue is."""
    directory = tmp_path_factory.mktemp("api")
    migrate(directory)
    return directory


@pytest.fixture(scope="session")
def url(data_dir: Path) -> Iterator[str]:
    """Where that API listens; two processes answer there."""
    with running_api(data_dir, api_processes=2) as url:
        yield url


@pytest.fixture
def logs(data_dir: Path) -> Logs:
    """The log files, as a worker writes them."""
    return Logs(data_dir / "logs")
