"""Lists that the API gives page by page."""

from typing import Any

from queuectl_cli.client import Client, Query

MOST_A_PAGE = 500


def fetch(api: Client, path: str, query: Query, limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """Up to `limit` items, None: all; and whether there are more. A page may be short, or empty, before the last."""
    items: list[dict[str, Any]] = []
    cursor = None
    while limit is None or len(items) <= limit:
        wanted = MOST_A_PAGE if limit is None else min(limit + 1 - len(items), MOST_A_PAGE)
        page = api.get(path, {**query, "limit": wanted, "cursor": cursor})
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return items[:limit], limit is not None and len(items) > limit


def more(items: list[dict[str, Any]]) -> str:
    """What is said where these are not all."""
    return f"there are more: --limit, or --all (these are the first {len(items)})"
