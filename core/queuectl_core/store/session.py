"""The interface of a database connection."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from queuectl_core.store.dialect import Dialect


class Session(Protocol):
    """Used by one thread at a time. SQL parameters are `?`, or `:name` for those of a mapping.

    It connects on first use, and reconnects after an error, so callers can simply continue to use it. While the
    database is unavailable, every method raises DatabaseUnusable or a subclass.
    """

    @property
    def dialect(self) -> Dialect:
        """The SQL dialect of its database."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """A transaction; inside another one, a savepoint, which can be rolled back on its own."""
        ...

    def joined(self) -> AbstractContextManager[None]:
        """A transaction for writes that cannot fail halfway: inside another transaction it creates no savepoint."""
        ...

    def lock(self, name: str) -> None:
        """Until the end of the transaction, exclude other transactions that lock the same name."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; returns the number of changed rows."""
        ...

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement once per row of parameters; returns the number of changed rows."""
        ...

    def each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Run a statement for rows of parameters, which it reads as the dialect's `given`; returns what it returns.

        `rows`: with their values in the order of `given`. `constants`: the parameters before those of the rows. The
        result is in any order.
        """
        ...

    def execute_each(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> int:
        """`each` without a result; returns the number of changed rows."""
        ...

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Within a transaction, run a statement whose result is not needed, at the latest before the next one."""
        ...

    def each_later(self, sql: str, constants: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """`each` without a result, as `later`."""
        ...

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...

    def recall(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """`rows` for what many writes of a transaction need: read once until `execute` or `execute_many` changes rows.

        Only for rows that nothing else changes in a transaction.
        """
        ...

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        ...

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a query, or None."""
        ...

    def check(self) -> None:
        """Check that the database is writable. Raises DatabaseUnusable, or WrongDatabase if a retry is useless."""
        ...

    def close(self) -> None:
        """Close the connection; the next use reconnects."""
        ...


class Buffer(Protocol):
    """In-memory data that participates in the transactions of a session."""

    def mark(self) -> Any:
        """Called at the start of a transaction or savepoint; returns the state for `undo`."""
        ...

    def undo(self, mark: Any) -> None:
        """Called after a rollback: return to the marked state."""
        ...

    def flush(self) -> None:
        """Called before the commit: write everything to the database."""
        ...

    def committed(self, *, changed: bool) -> None:
        """Called after the commit. `changed`: whether it changed any row."""
        ...

    def closed(self) -> None:
        """Called after the connection was closed."""
        ...
