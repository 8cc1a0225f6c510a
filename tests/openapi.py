"""The OpenAPI schema of the API, as the app describes itself."""

import copy
from functools import cache
from typing import Any

from queuectl_api.app import create
from queuectl_api.settings import ApiSettings


def document() -> dict[str, Any]:
    """The schema, which the caller may change."""
    return copy.deepcopy(_document())


@cache
def _document() -> dict[str, Any]:
    """Each process of a test run collects all tests, so this is created once for all files that need it."""
    return create(ApiSettings()).openapi()
