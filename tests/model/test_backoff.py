"""The delay between attempts: base ** n, capped, with jitter only if it is set."""

from hypothesis import given
from hypothesis import strategies as st

from queuectl_core.model.backoff import Backoff

bases = st.floats(0, 1000)
attempts = st.integers(1, 1001)


def test_the_delay_is_the_base_to_the_power_of_attempts_made() -> None:
    backoff = Backoff(base=2, maximum=3600)
    assert [backoff.delay(n) for n in (1, 2, 3, 10)] == [2, 4, 8, 1024]


@given(bases, attempts, st.floats(0, 31_536_000), st.floats(0, 1))
def test_no_delay_is_negative_or_above_the_maximum(base: float, n: int, maximum: float, jitter: float) -> None:
    assert 0 <= Backoff(base, maximum, jitter).delay(n) <= maximum


@given(bases, attempts)
def test_without_jitter_the_delay_is_always_the_same(base: float, n: int) -> None:
    backoff = Backoff(base, 3600)
    assert backoff.delay(n) == backoff.delay(n)


def test_jitter_takes_at_most_its_share_away() -> None:
    delays = {Backoff(2, 3600, jitter=0.5).delay(5) for _ in range(100)}
    assert all(16 <= delay <= 32 for delay in delays)
    assert len(delays) > 1
