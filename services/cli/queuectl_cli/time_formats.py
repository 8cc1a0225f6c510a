"""Durations and times as people type them, parsed the same way for every option."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_PARTS = rf"(?:{_NUMBER}[smhdw])+"
_LONGEST = timedelta(days=36_500)

DURATION = "a duration like 90, 90s, 10m, 1h30m or 2d"
TIME = f"a time like 2026-01-31T09:30:00Z, 2026-01-31, '2026-01-31 09:30' (local), now, +1h, or {DURATION}"


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError."""
    if re.fullmatch(_NUMBER, text):
        return float(text)
    return _span(text, DURATION).total_seconds()


def format_duration(seconds: float) -> str:
    """Seconds as `parse_duration` takes them, e.g. `1h30m`."""
    rest, parts = seconds, list[str]()
    for unit in "dhm":
        whole, rest = divmod(rest, UNITS[unit])
        if whole:
            parts.append(f"{whole:.0f}{unit}")
    return "".join([*parts, f"{rest:.15g}s"] if rest or not parts else parts)


def parse_past(text: str) -> str:
    """An RFC 3339 time for a filter; a duration means that long ago. Raises ValueError."""
    return _parse_time(text, -1)


def parse_future(text: str) -> str:
    """An RFC 3339 time at which something starts; a duration means that long from now. Raises ValueError."""
    return _parse_time(text, 1)


def _parse_time(text: str, sign: int) -> str:
    """`sign`: the direction of a duration that has no sign of its own."""
    if re.match(r"[0-9]{4}-", text):
        return _parse_date(text)
    span = timedelta() if text == "now" else _span(text.removeprefix("+"), TIME)
    return (datetime.now(UTC) + (span if text.startswith("+") else sign * span)).isoformat()


def _span(text: str, expected: str) -> timedelta:
    """Parse one or more numbers with units, or a number of seconds."""
    if not re.fullmatch(f"{_NUMBER}|{_PARTS}", text):
        raise ValueError(f"must be {expected}")
    parts = re.findall(f"({_NUMBER})([smhdw]?)", text)
    seconds = sum(float(number) * UNITS[unit or "s"] for number, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError("must be at most 100 years")
    return timedelta(seconds=seconds)


def _parse_date(text: str) -> str:
    """Without a time zone, the date is in the local one."""
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError) as fault:
        raise ValueError(f"must be {TIME}") from fault
