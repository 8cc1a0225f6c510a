"""Replacing the contents of a database by those of a copy: the order of the steps, the same for any database."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from queuectl_core.logs.store import GROUP
from queuectl_core.model.attempt import UNKNOWN, Lease
from queuectl_core.model.event import EventType
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.clock import Clock
from queuectl_core.store.counter_rows import CounterRows
from queuectl_core.store.reports import Reports
from queuectl_core.store.schedules import NEVER_PLANNED
from queuectl_core.store.session import Session
from queuectl_core.store.workers import Workers

RUNNING_AT_BACKUP = "handed back by the restore: it was running when the backup was made"


class Replacement(ABC):
    """The part of a Snapshot that replaces. A driver provides what depends on the database."""

    def __init__(
        self,
        session: Session,
        change_log: ChangeLog,
        counters: CounterRows,
        clock: Clock,
        reports: Reports,
        workers: Workers,
    ) -> None:
        self._session = session
        self._change_log = change_log
        self._counters = counters
        self._clock = clock
        self._reports = reports
        self._workers = workers

    @abstractmethod
    def _opened(self, copy: Path) -> AbstractContextManager[None]:
        """Make the copy readable for `_replace_tables`; entered before the transaction."""

    @abstractmethod
    def _exclude_writers(self) -> None:
        """Until the end of the transaction, nobody else changes the tables."""

    @abstractmethod
    def _newest(self) -> int:
        """The highest `seq` that was given to a job or reserved."""

    @abstractmethod
    def _continue_after(self, newest: int) -> None:
        """Give new jobs higher `seq`s than this one."""

    @abstractmethod
    def _replace_tables(self, shift: int) -> None:
        """Replace each restored table; see `shifted`."""

    @abstractmethod
    def _derive(self) -> None:
        """Fill the tables that are derived from the jobs, which are not in the copy."""

    def reserve(self, count: int) -> range:
        """See Snapshot."""
        with self._session.transaction():
            self._exclude_writers()
            first = (self._newest() // GROUP + 1) * GROUP
            reserved = range(first, first + (count // GROUP + 1) * GROUP)
            self._continue_after(reserved[-1])
        return reserved

    def replace(
        self, copy: Path, shift: int, seconds: float, begin: Callable[[], None], finish: Callable[[], None]
    ) -> int:
        """See Snapshot."""
        with self._opened(copy), self._session.transaction():
            self._exclude_writers()
            begin()
            newest, running = self._newest(), self._running()
            for worker in self._workers.all():
                self._workers.remove(worker.id)
            self._change_log.flush()  # the counts of lost attempts are replaced as well
            self._replace_tables(shift)
            self._counters.forget_unknown()
            self._forget_times()
            self._hand_back()
            self._hold_back(running, self._clock.now() + seconds)
            self._derive()
            self._change_log.tell(EventType.MANY, "", "changed")
            finish()
        return newest

    def _running(self) -> list[str]:
        return [row[0] for row in self._session.rows("SELECT id FROM job WHERE state = 'processing'")]

    def _hand_back(self) -> None:
        """Hand back the jobs that are running in the copy."""
        for row in self._session.rows("SELECT seq, attempt, worker FROM job WHERE state = 'processing'"):
            self._reports.hand_back(Lease(*row), UNKNOWN, RUNNING_AT_BACKUP)

    def _forget_times(self) -> None:
        """Let schedules fire from now on: since the backup was made, earlier times may have fired elsewhere."""
        self._session.execute("UPDATE schedule SET since = ?, planned_at = ?", (self._clock.now(), NEVER_PLANNED))

    def _hold_back(self, ids: list[str], until: float) -> None:
        """Let those of these jobs that wait not start before `until`."""
        self._session.execute_many(
            "UPDATE job SET due = 0, next_run_at = ? WHERE id = ? AND due IS NOT NULL AND next_run_at < ?",
            [(until, job_id, until) for job_id in ids],
        )


def shifted(columns: list[str], shift: int) -> list[str]:
    """SQL: the values of these columns of a copy, with `shift` added to each `seq`. The audit log is not restored."""
    changed = {"seq": f"seq + {shift}", "batch": "NULL"}
    return [changed.get(column, column) for column in columns]
