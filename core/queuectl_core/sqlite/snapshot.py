"""Copying the whole database, and replacing it with a copy."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from queuectl_core.store.replacement import Replacement, shifted
from queuectl_core.store.snapshot import NOT_COPIED, restored


class SqliteSnapshot(Replacement):
    """See Snapshot."""

    def copy(self, file: Path) -> None:
        """See Snapshot.

        Uses one read transaction, which blocks no writer and finishes however much is written meanwhile. SQLite's
        incremental backup API starts over at each write of another connection, and would never finish on a busy queue.
        """
        self._session.execute("VACUUM INTO ?", (str(file),))
        with closing(sqlite3.connect(file, isolation_level=None)) as copy:
            copy.execute("PRAGMA secure_delete = ON")  # overwrite deleted data
            for table in NOT_COPIED:
                copy.execute(f"DELETE FROM {table}")

    @contextmanager
    def _opened(self, copy: Path) -> Iterator[None]:
        self._session.execute("ATTACH ? AS copy", (str(copy),))  # until the caller closes the store
        self._session.execute("PRAGMA foreign_keys = OFF")  # whole tables are replaced, in any order
        yield

    def _exclude_writers(self) -> None:
        """Any transaction does."""

    def _newest(self) -> int:
        return self._session.value("SELECT seq FROM sqlite_sequence WHERE name = 'job'") or 0

    def _continue_after(self, newest: int) -> None:
        if not self._session.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'job'", (newest,)):
            self._session.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('job', ?)", (newest,))

    def _replace_tables(self, shift: int) -> None:
        tables = self._session.rows("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
        for table in restored(name for (name,) in tables):
            rows = self._session.rows("SELECT name FROM pragma_table_info(?, 'main')", (table,))
            columns = [name for (name,) in rows]
            self._session.execute(f"DELETE FROM main.{table}")
            self._session.execute(
                f"INSERT INTO main.{table} ({', '.join(columns)})"
                f" SELECT {', '.join(shifted(columns, shift))} FROM copy.{table}"
            )

    def _derive(self) -> None:
        """There are no such tables."""
