"""Times as people type them: 2026-01-31T09:30:00Z, or 2h for that long, or that long ago."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str | None) -> str | None:
    """RFC 3339, for the API: a time as it is, a duration as the time so long ago."""
    ago = re.fullmatch(r"([0-9]{1,5})([smhdw])", text or "")
    if ago is None:
        return text
    return (datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})).isoformat()


def duration(text: str) -> float:
    """Seconds; raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhdw]?)", text)
    if found is None:
        raise ValueError("must be a duration like 90, 90s, 5m, 12h or 30d")
    return timedelta(**{UNITS[found[2] or "s"]: float(found[1])}).total_seconds()
