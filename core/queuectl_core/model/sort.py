"""Sort orders of job lists, and page cursors."""

import re
from enum import StrEnum
from typing import TypeAlias

from queuectl_core.model.errors import InvalidCursor

Key: TypeAlias = tuple[float, ...]
"""A job's sort key: `seq`, or `finished_at` and `seq` when sorting by the end."""

_BY_SEQ = re.compile(r"([0-9]{1,18})")
_BY_END = re.compile(r"([0-9]{1,18}\.[0-9]{1,18}):([0-9]{1,18})")


class Sort(StrEnum):
    """A sort order. Orders by `finished_at` list only jobs that have ended."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    ENDED_LAST = "-finished_at"
    ENDED_FIRST = "finished_at"

    @property
    def by_end(self) -> bool:
        """Whether jobs are sorted by when they ended, not by when they were enqueued."""
        return self.endswith("finished_at")

    @property
    def descending(self) -> bool:
        """Whether the latest jobs come first."""
        return self.startswith("-")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the sort key."""
        return ("finished_at", "seq") if self.by_end else ("seq",)

    def key(self, cursor: str | None) -> Key | None:
        """The key in a cursor; raises InvalidCursor."""
        if cursor is None:
            return None
        found = (_BY_END if self.by_end else _BY_SEQ).fullmatch(cursor)
        if found is None:
            raise InvalidCursor(cursor)
        *finished_at, seq = found.groups()
        return (*map(float, finished_at), int(seq))


def as_cursor(key: Key | None) -> str | None:
    """A key as text."""
    return None if key is None else ":".join(map(repr, key))
