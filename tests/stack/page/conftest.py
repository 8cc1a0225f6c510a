"""The dashboard in a real browser, against a system of its own that runs as processes.

What differs between the two forms of the system is seen in tests/stack/test_page.py.
"""

from collections.abc import Iterator

import pytest

from tests.stack.stacks import Processes, Stack


@pytest.fixture(scope="session", params=[pytest.param("page", marks=pytest.mark.xdist_group("page"))])
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running system with four workers."""
    stack = Processes(tmp_path_factory.mktemp("page"))
    try:
        stack.start()
        yield stack
    finally:
        stack.remove()
