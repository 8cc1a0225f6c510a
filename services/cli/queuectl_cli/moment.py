"""Times as people type them: 2026-01-31T09:30:00Z, or 2h for that long ago."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str | None) -> str | None:
    """RFC 3339, for the API: a time as it is, a duration as the time so long ago."""
    ago = re.fullmatch(r"([0-9]{1,5})([smhdw])", text or "")
    if ago is None:
        return text
    return (datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})).isoformat()
