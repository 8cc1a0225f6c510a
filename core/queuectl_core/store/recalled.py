"""What a transaction has read, for the many writes in it that need the same."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Rows: TypeAlias = list[tuple[Any, ...]]


class Recalled:
    """See Session.recall. A session forgets everything when a transaction begins, ends or changes rows."""

    def __init__(self, read: Callable[[str, Sequence[Any]], Rows]) -> None:
        self._read = read
        self._found: dict[tuple[Any, ...], Rows] = {}

    def rows(self, sql: str, parameters: Sequence[Any]) -> Rows:
        """Read them, unless they have been read."""
        key = (sql, *parameters)
        if key not in self._found:
            self._found[key] = self._read(sql, parameters)
        return self._found[key]

    def forget(self) -> None:
        """Read everything again."""
        self._found.clear()
