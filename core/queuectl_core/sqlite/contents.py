"""Everything that is in the database, as a whole: copied, and replaced by a copy."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from queuectl_core.attempt import UNKNOWN, Lease
from queuectl_core.logs import GROUP
from queuectl_core.sqlite.clock import Clock
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Journal
from queuectl_core.sqlite.leases import Leases
from queuectl_core.sqlite.workers import Workers

ACCESS = ("session", "link", "token", "audit")
"""Tables that tell who may do what here, and who did what: not a word of them is in a copy."""

OF_THIS_SYSTEM = ("alembic_version", "clock", "event", "worker", *ACCESS)
"""Tables that tell of the system that runs, whatever jobs it holds: they are not restored."""


class Contents:
    """Copies and replaces the queue while others use it."""

    def __init__(self, db: Database, journal: Journal, leases: Leases, workers: Workers) -> None:
        self._db = db
        self._journal = journal
        self._leases = leases
        self._workers = workers

    def copy(self, file: Path) -> None:
        """Make `file` a database of its own with all that is committed now.

        One read transaction: nobody waits for it, and it ends however much is written meanwhile. SQLite's backup
        API in steps begins anew at each write of another connection, and so never ends in a busy queue.
        """
        self._db.execute("VACUUM INTO ?", (str(file),))
        with closing(sqlite3.connect(file, isolation_level=None)) as copy:
            copy.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            for table in ACCESS:
                copy.execute(f"DELETE FROM {table}")

    def reserve(self, count: int) -> range:
        """At least `count` numbers for jobs, given to nobody else; whole groups of log files, so that a group is ours.

        They are gone for good also where nothing becomes of them.
        """
        with self._db.transaction():
            first = (self._newest() // GROUP + 1) * GROUP
            reserved = range(first, first + (count // GROUP + 1) * GROUP)
            if not self._db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'job'", (reserved[-1],)):
                self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('job', ?)", (reserved[-1],))
        return reserved

    def replace(
        self, copy: Path, shift: int, hold_back: float, begin: Callable[[], None], finish: Callable[[], None]
    ) -> int:
        """Put what is in `copy`, of the same schema, in the place of everything; the number of the newest job before.

        Each `seq` grows by `shift`, as numbers are never used twice: a log file that is still being written, or a
        lease of what was there before, means no restored job. `begin` is called first in the transaction, `finish`
        last: what they do besides must be good without the commit. What ran in the copy is pending again; what runs
        here now is not run again before `hold_back` seconds have passed, when its command is dead for sure. Live
        workers begin anew.

        The last use of a store: it is to be closed then.
        """
        self._db.execute("ATTACH ? AS copy", (str(copy),))
        self._db.execute("PRAGMA foreign_keys = OFF")  # whole tables go, and come, in any order
        with self._db.transaction():
            begin()
            newest, running = self._newest(), self._running()
            for worker in self._workers.all():
                self._workers.remove(worker.id)
            self._journal.write()  # what the workers have lost goes with the counts that it belongs to
            for table in self._tables():
                self._replace_table(table, shift)
            self._hand_back()
            self._hold_back(running, Clock(self._db).now() + hold_back)
            self._journal.tell_many()
            finish()
        return newest

    def _newest(self) -> int:
        return self._db.value("SELECT seq FROM sqlite_sequence WHERE name = 'job'") or 0

    def _running(self) -> list[str]:
        return [row[0] for row in self._db.rows("SELECT id FROM job WHERE state = 'processing'")]

    def _tables(self) -> list[str]:
        rows = self._db.rows("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return [row[0] for row in rows if row[0] not in OF_THIS_SYSTEM]

    def _replace_table(self, table: str, shift: int) -> None:
        columns = [row[0] for row in self._db.rows("SELECT name FROM pragma_table_info(?, 'main')", (table,))]
        values = [f"seq + {shift}" if column == "seq" else column for column in columns]
        self._db.execute(f"DELETE FROM main.{table}")
        self._db.execute(
            f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM copy.{table}"
        )

    def _hand_back(self) -> None:
        for row in self._db.rows("SELECT seq, attempt, worker FROM job WHERE state = 'processing'"):
            self._leases.release(Lease(*row), UNKNOWN, "handed back by the restore, as it ran when the backup was made")

    def _hold_back(self, running: list[str], until: float) -> None:
        self._db.execute_many(
            "UPDATE job SET due = 0, next_run_at = max(next_run_at, ?) WHERE id = ? AND due IS NOT NULL",
            [(until, job_id) for job_id in running],
        )
