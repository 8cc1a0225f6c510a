"""Short words for the command line's tests."""

from collections.abc import Callable

import pytest

from tests.system import Answered, System

Queuectl = Callable[..., Answered]


@pytest.fixture
def queuectl(system: System) -> Queuectl:
    """Runs a command of the CLI against the running system."""
    return system.queuectl
