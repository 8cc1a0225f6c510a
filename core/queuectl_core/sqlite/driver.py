"""Assembles the SQLite driver."""

from pathlib import Path

from queuectl_core.host_lock import HostLocks
from queuectl_core.presence_files import PresenceFiles
from queuectl_core.sqlite.batch import SqliteBatch
from queuectl_core.sqlite.change_log import SqliteChangeLog
from queuectl_core.sqlite.claims import SqliteClaims
from queuectl_core.sqlite.clock import SqliteClock
from queuectl_core.sqlite.feed import SqliteFeed
from queuectl_core.sqlite.notifier import FileListener, Notifier
from queuectl_core.sqlite.session import BUSY_SECONDS, SqliteSession
from queuectl_core.sqlite.snapshot import SqliteSnapshot
from queuectl_core.sqlite.space import SqliteSpace
from queuectl_core.sqlite.usages import UsageFiles
from queuectl_core.store.config import Config
from queuectl_core.store.counter_rows import CounterRows
from queuectl_core.store.lease_jobs import LeaseJobs
from queuectl_core.store.reports import Reports
from queuectl_core.store.series import Series
from queuectl_core.store.transitions import Transitions
from queuectl_core.store.workers import Workers


class SqliteDriver:
    """See Driver. `path`: the database file; everything else is in files next to it."""

    def __init__(self, path: Path, *, durable: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self.session = SqliteSession(path, durable=durable, busy_seconds=busy_seconds)
        self.clock = SqliteClock(self.session)
        self.counters = CounterRows(self.session)
        self.feed = SqliteFeed(self.session)
        self.change_log = SqliteChangeLog(self.session, Series(self.session), self.counters, Notifier(path))
        self.observers = [self.change_log]
        self.session.follow(self.change_log)
        self.host_locks = HostLocks(host_lock_dir(path))
        self.presence = PresenceFiles(host_lock_dir(path))
        self.usages = UsageFiles(path)
        self.space = SqliteSpace(self.session)

    def claims(self, transitions: Transitions, config: Config) -> SqliteClaims:
        """See Driver."""
        lease_jobs = LeaseJobs(self.session, transitions, config)
        return SqliteClaims(self.session, lease_jobs, self.change_log, self.clock)

    def batch(self, transitions: Transitions, first_id: str) -> SqliteBatch:
        """See Driver."""
        return SqliteBatch(self.session, transitions, self.change_log, self.clock, first_id)

    def snapshot(self, reports: Reports, workers: Workers) -> SqliteSnapshot:
        """See Driver."""
        return SqliteSnapshot(self.session, self.change_log, self.counters, self.clock, reports, workers)

    def listener(self, *, everything: bool) -> FileListener:
        """See Driver."""
        return FileListener(self.path, everything=everything)

    def close(self) -> None:
        """See Driver."""
        self.presence.close()
        self.session.close()


def host_lock_dir(database: Path) -> Path:
    """The directory of the workers' files."""
    return database.with_suffix(".workers")
