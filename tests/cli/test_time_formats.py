"""Durations and times, as people type them."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queuectl_cli.time_formats import parse_duration, parse_future, parse_past

SECONDS = {
    "0": 0,
    "90": 90,
    "1.5": 1.5,
    "90s": 90,
    "10m": 600,
    "1h30m": 5400,
    "2d": 172_800,
    "1w": 604_800,
    "1.5h": 5400,
}
NO_DURATIONS = ["", "s", "1x", "-1", "1h30", "1 h", "nan", "1e3", "9" * 10, "\u0661s"]


@pytest.mark.parametrize(("text", "seconds"), SECONDS.items())
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration like 90"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "offset"), [("now", 0), ("2h", 7200), ("+1h", 3600), ("1h30m", 5400), ("90", 90), ("+2d", 172_800)]
)
def test_a_duration_is_a_time_from_now_on_or_before(text: str, offset: float) -> None:
    sign = 1 if text.startswith("+") else -1
    for read, direction in ((parse_future, 1), (parse_past, sign)):
        before = datetime.now(UTC)
        now = datetime.fromisoformat(read(text)) - timedelta(seconds=offset * direction)
        assert before - timedelta(seconds=1) < now <= datetime.now(UTC), "it may be a whole second"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_a_date_without_a_zone_is_local(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for text in ("2026-11-28", "2026-11-28 09:30", "2026-07-01T09:30:15"):
            assert datetime.fromisoformat(parse_past(text)) == datetime.fromisoformat(text).replace(
                tzinfo=ZoneInfo(zone)
            )
        assert datetime.fromisoformat(parse_past("2026-11-28T09:30:00Z")) == datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["2026-13-01", "yesterday", "2026-11-28 25:00", "0001-01-01", "+soon", "9" * 9 + "w"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_past(text)
