"""What a machine lacks: a reason to skip a test there, and a failure where everything is required."""

import os
from typing import NoReturn

import pytest

REQUIRED = bool(os.environ.get("QUEUECTL_REQUIRE_ALL"))


def lacking(reason: str) -> NoReturn:
    """Skip the test; fail it where QUEUECTL_REQUIRE_ALL is set, as in CI."""
    if REQUIRED:
        pytest.fail(f"{reason}, and QUEUECTL_REQUIRE_ALL is set")
    pytest.skip(reason)
