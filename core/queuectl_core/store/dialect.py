"""Differences in SQL syntax between databases. Differences in concurrency belong to the driver."""

from typing import Any, NamedTuple, Protocol, TypeAlias

Condition: TypeAlias = tuple[str, tuple[Any, ...]]
"""An SQL condition on a row of `job`, and its parameters."""


class Given(NamedTuple):
    """Rows of parameters, as a statement reads them. It names each of their columns once, in their order.

    `source`: a FROM clause; empty if the statement is run once for each row.
    """

    source: str = ""

    def value(self, column: str) -> str:
        """SQL: the value of a column."""
        return f"given.{column}" if self.source else "?"


class Dialect(Protocol):
    """SQL fragments."""

    @property
    def table_order(self) -> str:
        """After a table name: read the table in primary key order, without another index."""
        ...

    def by(self, index: str) -> str:
        """After a table name: use that index. Empty if the database chooses the index itself."""
        ...

    @property
    def lock_rows(self) -> str:
        """After a SELECT: lock its rows until the end of the transaction, after waiting for other transactions.

        Required for rows that decide what the transaction writes. Empty if write transactions never overlap.
        """
        ...

    @property
    def ordered_join(self) -> str:
        """JOIN, with the left table read first."""
        ...

    @property
    def merges_in_order(self) -> bool:
        """Whether several SELECTs with UNION ALL, ORDER BY and LIMIT are read only as far as the LIMIT needs."""
        ...

    @property
    def overlap_hours(self) -> int:
        """By how many hours the times of jobs that are enqueued at the same moment may differ."""
        ...

    def given(self, columns: str) -> Given:
        """The rows of a session's `each`. `columns`: as in `seq bigint, id text`."""
        ...

    def text_of(self, column: str) -> str:
        """A column of bytes as text."""
        ...

    def contains(self, columns: tuple[str, ...], text: str) -> Condition:
        """Whether one of the columns contains `text`, ignoring case in all alphabets."""
        ...

    def json_values(self, column: str, name: str) -> str:
        """A table with that name, whose column `value` has the values of a JSON array."""
        ...

    def distinct_list(self, column: str) -> str:
        """An aggregate: the distinct values, joined by commas."""
        ...

    def json_object(self, key: str, value: str) -> str:
        """An aggregate: a JSON object with a member for each row."""
        ...


def marks(count: int) -> str:
    """`count` placeholders for IN: `?, ?, …`; NULL, which equals nothing, if there are none."""
    return ", ".join("?" * count) or "NULL"
