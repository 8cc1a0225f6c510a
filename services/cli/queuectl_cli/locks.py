"""Locks, as `--lock KEY[=N]` takes them and `show` prints them."""

from typing import Any


def parse_lock(text: str) -> dict[str, Any]:
    """The lock as JSON. Raises ValueError."""
    key, equals, limit = text.partition("=")
    if not key:
        raise ValueError("must be KEY or KEY=N: the key is empty")
    if not equals:
        return {"key": key}
    if not limit.isascii() or not limit.isdigit() or int(limit[:10]) < 1:
        raise ValueError("must be KEY or KEY=N, where N is a whole number of at least 1")
    return {"key": key, "limit": int(limit)}


def format_lock(lock: dict[str, Any]) -> str:
    """The lock as `--lock` takes it."""
    limit = lock.get("limit", 1)
    return str(lock["key"]) if limit == 1 else f"{lock['key']}={limit}"
