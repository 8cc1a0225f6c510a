"""An API without workers: the tests play the worker where one is needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from queuectl_core.logs.store import LogStore
from tests.opened import opened
from tests.output import opened_logs
from tests.running import migrate, running_api


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where that API's queue is."""
    directory = tmp_path_factory.mktemp("api")
    migrate(directory)
    return directory


@pytest.fixture(scope="package")
def url(data_dir: Path) -> Iterator[str]:
    """Where that API listens; two processes answer there."""
    with running_api(data_dir, api_processes=2) as url:
        yield url


@pytest.fixture(autouse=True)
def settings_are_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a changed setting in the shared queue fails, not whichever test comes after it."""
    yield
    if "data_dir" not in request.fixturenames:
        return
    with opened(request.getfixturevalue("data_dir") / "queue.db") as store:
        changed = [item.setting.key for item in store.config.all() if item.value != item.setting.default]
        for key in changed:
            store.config.unset(key)
    assert changed == []


@pytest.fixture
def logs(data_dir: Path) -> LogStore:
    """The logs, as a worker writes them."""
    return opened_logs(data_dir)
