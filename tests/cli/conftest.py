"""Fixtures for tests of the command line."""

from collections.abc import Callable, Iterator

import pytest

from tests.system import Answered, System

Queuectl = Callable[..., Answered]


@pytest.fixture
def queuectl(system: System) -> Queuectl:
    """Runs a queuectl command against the running system."""
    return system.queuectl


@pytest.fixture(autouse=True)
def settings_are_as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves a changed setting in a shared system fails, not whichever test comes after it."""
    yield
    if "system" in request.fixturenames:
        assert request.getfixturevalue("system").reset_config() == []
