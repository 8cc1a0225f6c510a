"""Durations in a histogram of few steps."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuectl_core.model.series import LONGEST, SHORTEST, Percentiles, histogram_step


@given(st.lists(st.floats(SHORTEST, LONGEST), min_size=1, max_size=200))
def test_percentiles_are_right_within_ten_percent(durations: list[float]) -> None:
    found = Percentiles.of(Counter(map(histogram_step, durations)))
    assert found
    durations.sort()
    for share, percentile in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        right = next(seconds for rank, seconds in enumerate(durations, 1) if rank >= len(durations) * share)
        assert percentile == pytest.approx(right, rel=0.1)


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 1e-9, 1e12])
def test_any_duration_has_a_step(seconds: float) -> None:
    assert Percentiles.of({histogram_step(seconds): 1})
