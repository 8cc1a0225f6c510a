"""Fetch paginated lists from the API."""

from typing import Any

from queuectl_cli.client import Client, Query

MAX_PAGE_SIZE = 500


def fetch(api: Client, path: str, query: Query, limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """Up to `limit` items (None: all), and whether there are more. Pages before the last may be short or empty."""
    items: list[dict[str, Any]] = []
    cursor = None
    while limit is None or len(items) <= limit:
        wanted = MAX_PAGE_SIZE if limit is None else min(limit + 1 - len(items), MAX_PAGE_SIZE)
        page = api.get(path, {**query, "limit": wanted, "cursor": cursor})
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return items[:limit], limit is not None and len(items) > limit


def more_hint(items: list[dict[str, Any]]) -> str:
    """The note printed if the list goes on."""
    return f"first {len(items)} shown, there are more: use --limit or --all"
