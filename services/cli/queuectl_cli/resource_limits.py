"""Resource limits of an attempt, as `--limit NAME=N` takes them and `show` prints them."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.time_formats import parse_duration


def parse_limits(texts: Iterable[str]) -> dict[str, float]:
    """Limits by name: bytes, seconds or counts. Raises Failure."""
    return dict(_parse_limit(text) for text in texts)


def format_limits(limits: dict[str, Any]) -> list[str]:
    """The limits that are set, as `--limit` takes them."""
    return [
        f"{name}={_format_size(limit) if LIMITS[name] is _parse_size else f'{limit:.15g}'}"
        for name, limit in limits.items()
        if limit
    ]


def _parse_limit(text: str) -> tuple[str, float]:
    name, _, amount = text.partition("=")
    if name not in LIMITS:
        raise Failure(f"--limit {text!r}: must be memory=…, processes=…, cpu=… or file_size=…", USAGE)
    try:
        return name, LIMITS[name](amount)
    except ValueError as fault:
        raise Failure(f"--limit {text!r}: {fault}", USAGE) from fault


def _parse_size(text: str) -> int:
    """Bytes."""
    found = re.fullmatch(r"([0-9]{1,18})([kmgt]?)", text.lower())
    if found is None:
        raise ValueError("must be a size like 1048576, 512M or 1G")
    return int(found[1]) << {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[found[2]]


def _format_size(size: int) -> str:
    """In the largest unit that divides it."""
    for power, unit in enumerate("TGMk"):
        whole, rest = divmod(size, 1 << 10 * (4 - power))
        if whole and not rest:
            return f"{whole}{unit}"
    return str(size)


def _parse_count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError("must be a whole number")
    return int(text)


LIMITS: dict[str, Callable[[str], float]] = {
    "memory": _parse_size,
    "processes": _parse_count,
    "cpu": parse_duration,
    "file_size": _parse_size,
}
