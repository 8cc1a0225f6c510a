"""The dashboard in a real browser, against a separate system that runs as processes.

tests/stack/test_page.py covers the differences between processes and containers.
"""

from collections.abc import Iterator

import pytest

from tests.stack.stacks import Processes, Stack


@pytest.fixture(scope="package", params=[pytest.param("page", marks=pytest.mark.xdist_group("page"))])
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running system with four workers."""
    stack = Processes(tmp_path_factory.mktemp("page"))
    try:
        stack.start()
        yield stack
    finally:
        stack.remove()
