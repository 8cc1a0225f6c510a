"""A fresh, migrated database for each test."""

from collections.abc import Iterator

import pytest

from tests.postgres.host_fleet import HostFleet, running_hosts
from tests.postgres.server import Server


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    """The URL of an empty queue."""
    url = postgres.empty_database()
    yield url
    postgres.drop(url)


@pytest.fixture
def new_database(postgres: Server) -> Iterator[str]:
    """The URL of a database without tables."""
    url = postgres.new_database()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def hosts(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostFleet]:
    """Two APIs and two workers with four slots each, shared by all tests of a process."""
    url = postgres.empty_database()
    with running_hosts(tmp_path_factory.mktemp("hosts"), url) as fleet:
        yield fleet
    postgres.drop(url)
