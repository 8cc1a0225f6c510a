"""Missing requirements of tests: a reason to skip, or a failure if everything is required."""

import os
from typing import NoReturn

import pytest

REQUIRED = bool(os.environ.get("QUEUECTL_REQUIRE_ALL"))


def lacking(reason: str) -> NoReturn:
    """Skip the test; fail it if QUEUECTL_REQUIRE_ALL is set, as in CI."""
    if REQUIRED:
        pytest.fail(f"{reason}, and QUEUECTL_REQUIRE_ALL is set")
    pytest.skip(reason)
