"""Counters for monitoring: into which bucket a duration falls."""

import pytest

from queuectl_core.model.counters import BOUNDS, bucket


@pytest.mark.parametrize(
    ("seconds", "found"), [(0, 0), (0.01, 0), (0.011, 1), (86_400, len(BOUNDS) - 1), (1e9, len(BOUNDS))]
)
def test_a_bucket_includes_its_upper_bound(seconds: float, found: int) -> None:
    assert bucket(seconds) == found
