"""Copying and replacing the whole database, for backup and restore."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

ACCESS = ("session", "link", "token", "audit")
"""Tables with tokens, sessions and the audit log; never copied."""

NOT_COPIED = (*ACCESS, "answer")
"""Tables that are empty in a copy. Stored responses are excluded, because they may refer to jobs that are gone."""

OF_THIS_SYSTEM = ("alembic_version", "clock", "counter", "event", "fire_counter", "worker", *ACCESS)
"""Tables about this system, whatever jobs it holds: they are not restored."""


class Snapshot(Protocol):
    """Works while other processes use the queue."""

    def copy(self, file: Path) -> None:
        """Write the committed data to `file`, a SQLite database, without access control data."""
        ...

    def reserve(self, count: int) -> range:
        """Reserve at least `count` `seq`s, in whole groups of log files. No other job will ever have one of them."""
        ...

    def replace(
        self, copy: Path, shift: int, seconds: float, begin: Callable[[], None], finish: Callable[[], None]
    ) -> int:
        """Replace all data with that of `copy`, which has the same schema; returns the newest `seq` before.

        `shift` is added to each `seq`, because numbers are never reused: log files still being written and leases from
        before then belong to no restored job. `begin` is called first in the transaction, `finish` last; their side
        effects must be harmless if the commit fails. Jobs that are running in the copy become pending. Jobs that are
        running here now do not start again for `seconds` seconds, until their commands are certainly dead. Workers
        have to register again.

        Close the store afterwards, without using it again.
        """
        ...


def restored(tables: Iterable[str]) -> list[str]:
    """Those of an SQLite database's tables that are restored."""
    return [table for table in tables if table not in OF_THIS_SYSTEM and not table.startswith("sqlite_")]
