"""The parts that depend on a database's concurrency model. SQL syntax is up to the dialect."""

from collections.abc import Sequence
from typing import Protocol

from queuectl_core.host_lock import HostLocks
from queuectl_core.store.batch import Batch
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.claims import Claims
from queuectl_core.store.clock import Clock
from queuectl_core.store.config import Config
from queuectl_core.store.counters import Counters
from queuectl_core.store.feed import Feed
from queuectl_core.store.notifier import Listener
from queuectl_core.store.presence import Presence
from queuectl_core.store.reports import Reports
from queuectl_core.store.session import Session
from queuectl_core.store.snapshot import Snapshot
from queuectl_core.store.space import Space
from queuectl_core.store.transitions import Observer, Transitions
from queuectl_core.store.usages import Usages
from queuectl_core.store.workers import Workers


class Driver(Protocol):
    """The parts that a store is built from. Methods receive the parts of the store that they depend on."""

    @property
    def session(self) -> Session:
        """The connection shared by all parts."""
        ...

    @property
    def change_log(self) -> ChangeLog:
        """The change log."""
        ...

    @property
    def observers(self) -> Sequence[Observer]:
        """What observes the transitions of jobs, the change log included."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock for delays."""
        ...

    @property
    def counters(self) -> Counters:
        """Monitoring counters."""
        ...

    @property
    def feed(self) -> Feed:
        """Events for live views."""
        ...

    @property
    def presence(self) -> Presence:
        """Heartbeats of workers."""
        ...

    @property
    def host_locks(self) -> HostLocks:
        """Locks of the workers on this host."""
        ...

    @property
    def usages(self) -> Usages:
        """Resource usage of running commands."""
        ...

    @property
    def space(self) -> Space:
        """Disk space of the database."""
        ...

    def claims(self, transitions: Transitions, config: Config) -> Claims:
        """Claiming of jobs by workers."""
        ...

    def batch(self, transitions: Transitions, first_id: str) -> Batch:
        """A batch of jobs to enqueue; one at a time."""
        ...

    def snapshot(self, reports: Reports, workers: Workers) -> Snapshot:
        """Copying and replacing the whole database."""
        ...

    def listener(self, *, everything: bool) -> Listener:
        """A listener for commits; `everything`: also for commits that give workers nothing new to do."""
        ...

    def close(self) -> None:
        """Close all parts."""
        ...
