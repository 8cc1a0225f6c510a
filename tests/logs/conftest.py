"""The stores that the suite is run with."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from queuectl_core.logs.open import open_log_store
from queuectl_core.logs.store import LogStore
from tests.output import opened_logs
from tests.postgres.server import Server

MakeStore: TypeAlias = Callable[[], LogStore]


@pytest.fixture
def make_files(tmp_path: Path) -> MakeStore:
    (tmp_path / "data").mkdir()
    return lambda: opened_logs(tmp_path / "data")


@pytest.fixture
def make_postgres_logs(postgres: Server) -> Iterator[MakeStore]:
    url = postgres.empty_database()
    yield lambda: open_log_store(url)
    postgres.drop(url)


@pytest.fixture(params=["files", "postgres_logs"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Opens the same store again at each call, as each process does."""
    make: MakeStore = request.getfixturevalue(f"make_{request.param}")
    return make


@pytest.fixture
def store(make_store: MakeStore) -> LogStore:
    """A log store, empty at first."""
    return make_store()
