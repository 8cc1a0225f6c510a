"""The plan of every statement of the store, as SQLite explains it before the statement is run."""

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import pytest

SMALL = {
    "alembic_version": "one row",
    "arrival": "a row an hour in which jobs were enqueued",
    "clock": "one row",
    "config": "a row a setting",
    "counter": "those of at most MOST_QUEUES queues",
    "fire_counter": "a row an outcome",
    "link": "each expires",
    "queue": "queues with settings",
    "schedule": "created by users, one at a time",
    "series": "housekeeping keeps it below MOST_ROWS",
    "session": "each expires",
    "sqlite_sequence": "a row a table",
    "staged": "the jobs of the batch at hand",
    "tally": "a row a queue and state",
    "token": "created by users, one at a time",
    "worker": "a row a live worker",
}
"""Tables that may be scanned, and why they are small."""

BOUNDED = {
    "SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_waiting": "stops at the first row",
    "EXISTS (SELECT 1 FROM job INDEXED BY job_locked": "stops at the first row",
    "(SELECT seq, at FROM audit ORDER BY seq LIMIT ?)": "in the order of the table, up to the LIMIT",
    "WHERE outcome = 'enqueued' AND job IS NULL AND NOT EXISTS": "an index holds only the fires that wait",
    " IN (NULL)": "never true: not one row is read",
}
"""Text of statements that may scan a large table, and what bounds them."""

WHOLE = {
    "SELECT seq, number FROM attempt ORDER BY seq, number": "a backup names the output of every attempt",
    "SET output = NULL, output_tail = NULL WHERE output_bytes > 0": "a backup without logs holds no output",
    "WHERE state = 'dead' AND failure LIKE '%exit status %:%'": "nor the last lines that jobs died of",
    "SELECT count(*) FROM job": "a backup and a restore tell how many jobs they hold",
    "WHERE due = 0 AND next_run_at IS NOT run_at": "if the wall clock is set, every delay moves with it",
}
"""Ends of statements that are about all there is, and seldom run."""

UNBOUNDED = {
    "job INDEXED BY job_failure WHERE state = 'dead'": "the groups of the DLQ are counted from all dead jobs",
}
"""Text of statements that do scan a whole large table: known, to be fixed."""

_STATEMENT = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|REPLACE)\b")
_SCAN = re.compile(r"SCAN (\w+)(?! VIRTUAL TABLE)\b")
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' UNION SELECT 'sqlite_sequence'"


class Explained(sqlite3.Connection):
    """A connection that notes which statements of the store scan a table that may be large.

    `scans`: of all connections, with the plan; `known`: what was explained already.
    """

    scans: ClassVar[dict[str, list[str]]] = {}
    known: ClassVar[set[str]] = set()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Explain it, then run it."""
        self._explain(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        """Explain it, then run it for each row."""
        rows = list(rows)
        if rows:
            self._explain(sql, rows[0])
        return super().executemany(sql, rows)

    def _explain(self, sql: str, parameters: Any) -> None:
        module = sys._getframe(2).f_globals["__name__"]
        ours = module.startswith("queuectl_core.") and not module.startswith("queuectl_core.postgres.")
        if not ours or sql in self.known or not _STATEMENT.match(sql):
            return
        try:
            plan = [step for *_, step in super().execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
            large = {name for (name,) in super().execute(_TABLES)} - SMALL.keys()
        except sqlite3.Error:
            return  # so does the statement itself fail
        self.known.add(sql)
        if any(text in sql for text in (*BOUNDED, *UNBOUNDED)) or any(sql.endswith(text) for text in WHOLE):
            return
        scanned = [found[1] for step in plan if (found := _SCAN.match(step))]
        if any(
            re.search(rf"\b{table}\b", sql) and (name == table or re.search(rf"\b{table} AS {name}\b", sql))
            for name in scanned
            for table in large
        ):
            self.scans[sql] = plan


@contextmanager
def no_scans(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """No statement that runs inside scans a whole table that may be large."""
    patch.setattr("queuectl_core.sqlite.session.sqlite3.connect", partial(sqlite3.connect, factory=Explained))
    yield
    found = Explained.scans.copy()
    Explained.scans.clear()
    assert not found
