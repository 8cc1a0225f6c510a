"""Assembles the PostgreSQL driver."""

from pathlib import Path

from queuectl_core.host_lock import HostLocks
from queuectl_core.postgres.batch import PostgresBatch
from queuectl_core.postgres.change_log import PostgresChangeLog
from queuectl_core.postgres.claims import PostgresClaims
from queuectl_core.postgres.clock import PostgresClock
from queuectl_core.postgres.counters import PostgresCounters
from queuectl_core.postgres.feed import PostgresFeed
from queuectl_core.postgres.fold import fold
from queuectl_core.postgres.notifier import Notifier, PostgresListener
from queuectl_core.postgres.presence import PostgresPresence
from queuectl_core.postgres.ready import ReadyJobs
from queuectl_core.postgres.session import BUSY_SECONDS, PostgresSession
from queuectl_core.postgres.snapshot import PostgresSnapshot
from queuectl_core.postgres.space import PostgresSpace
from queuectl_core.postgres.usages import PostgresUsages
from queuectl_core.presence_files import PresenceFiles
from queuectl_core.store.config import Config
from queuectl_core.store.lease_jobs import LeaseJobs
from queuectl_core.store.reports import Reports
from queuectl_core.store.transitions import Observer, Transitions
from queuectl_core.store.workers import Workers


class PostgresDriver:
    """See Driver. `host_lock_dir`: see HostLocks."""

    def __init__(self, url: str, host_lock_dir: Path | None, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._url = url
        self.session = PostgresSession(url, busy_seconds=busy_seconds)
        self.clock = PostgresClock(self.session)
        self.counters = PostgresCounters(self.session)
        self.feed = PostgresFeed(self.session)
        self._notifier = Notifier(url, self._fold)
        self.change_log = PostgresChangeLog(self.session, self.counters, self._notifier)
        self._ready = ReadyJobs(self.session)
        self.observers: list[Observer] = [self._ready, self.change_log]
        self.session.follow(self._ready)
        self.session.follow(self.change_log)
        self.host_locks = HostLocks(host_lock_dir)
        self.presence = PostgresPresence(self.session, PresenceFiles(host_lock_dir))
        self.usages = PostgresUsages(self.session)
        self.space = PostgresSpace(self.session)

    def claims(self, transitions: Transitions, config: Config) -> PostgresClaims:
        """See Driver."""
        lease_jobs = LeaseJobs(self.session, transitions, config)
        return PostgresClaims(self.session, transitions, lease_jobs, self.change_log, self._ready, self.clock)

    def batch(self, transitions: Transitions, first_id: str) -> PostgresBatch:
        """See Driver."""
        return PostgresBatch(self.session, transitions, self.change_log, self.clock, first_id)

    def snapshot(self, reports: Reports, workers: Workers) -> PostgresSnapshot:
        """See Driver."""
        return PostgresSnapshot(self.session, self.change_log, self.counters, self.clock, reports, workers)

    def listener(self, *, everything: bool) -> PostgresListener:
        """See Driver."""
        return PostgresListener(self._url, everything=everything)

    def close(self) -> None:
        """See Driver."""
        self._notifier.close()
        self.presence.close()
        self.session.close()

    def _fold(self) -> None:
        """Sum up increments, on a connection of its own: this runs in the notifier's thread."""
        session = PostgresSession(self._url)
        try:
            fold(session, PostgresCounters(session))
        finally:
            session.close()
