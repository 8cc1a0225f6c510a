"""A worker as the others see it: registered, kept alive by heartbeats, and unregistered or reaped."""

import logging
import os
import socket
import time
from functools import partial

from queuectl_core.host_clock import uptime
from queuectl_core.model.errors import DatabaseUnusable, QueueError, WorkerNotFound
from queuectl_core.model.hold import Hold
from queuectl_core.model.worker import Worker
from queuectl_core.store.open import open_host_locks
from queuectl_core.store.store import Store
from queuectl_worker import name, tree, users
from queuectl_worker.guard_link import GuardLink
from queuectl_worker.settings import WorkerSettings

log = logging.getLogger("queuectl.worker")


class Registration:
    """Of this process' worker. It tells the guard when the leases expire, and hands over the lock.

    All methods raise QueueError if the database or the worker's file cannot be written.
    """

    def __init__(self, worker: str, store: Store, settings: WorkerSettings, guard: GuardLink) -> None:
        self.id = worker
        self.registered = False
        self._workers = store.workers
        self._locks = open_host_locks(settings.store_url, settings.data_dir)
        self._settings = settings
        self._guard = guard

    def register(self) -> None:
        """Register."""
        host, now = socket.gethostname(), time.time()
        until = self._lease_end()
        slots, queues = self._settings.concurrency, self._settings.queues
        try:
            lock = self._locks.acquire(self.id)
        except OSError as fault:
            raise DatabaseUnusable(f"cannot write the heartbeat: {fault}") from fault
        try:
            self._workers.register(
                Worker(
                    self.id, host, self._guard.pid, slots, 0, queues, draining=False, started_at=now, heartbeat_at=now
                ),
                self._settings.heartbeat_timeout,
            )
        except BaseException:
            os.close(lock)
            raise
        self._guard.hold(lock, self._settings.log_url)
        self._guard.memory.lease_until = until
        self.registered = True
        log.info("worker %s is ready: %d slots", self.id, slots)

    def renew(self) -> None:
        """Renew all leases. Raises WorkerNotFound if they have been lost."""
        until = self._lease_end()
        self._workers.heartbeat(self.id, self._settings.heartbeat_timeout)
        self._guard.memory.lease_until = until  # not earlier: the guard kills everything then

    def hold(self, hold: Hold | None) -> None:
        """Publish why it is on hold; None if it no longer is."""
        if self.registered:
            self._workers.hold(self.id, hold)

    def check_leases(self) -> None:
        """Raise WorkerNotFound if the leases may have expired."""
        if self._guard.memory.lease_until <= uptime():
            raise WorkerNotFound(self.id)

    def _lease_end(self) -> float:
        """When this worker takes a lease renewed now to expire: a little earlier than others do."""
        timeout = self._settings.heartbeat_timeout
        return uptime() + timeout - min(2.0, timeout / 5)

    def reap_expired(self) -> list[tuple[int, int]]:
        """Reap dead workers, once everything of theirs on this machine has been killed.

        The processes of a worker in another container cannot be seen from here, so its leases must expire first.
        Returns the attempts that these workers had not reported: see Workers.unreported.
        """
        unreported = []
        for worker in self._workers.expired():
            if worker.rpartition("-")[0] != socket.gethostname() and self._workers.alive(worker):
                continue
            if not tree.end_all(partial(self._left, name.mark(worker))):
                continue
            attempts = self._workers.unreported(worker)
            if self._workers.reap(worker):
                log.warning("worker %s was lost", worker)
                unreported += attempts
        return unreported

    def _left(self, mark: bytes) -> list[int]:
        first = self._settings.command_uids
        return tree.marked(mark) if first is None else users.left(first, mark)

    def unregister(self) -> None:
        """Unregister. Nothing may run any more; attempts not yet reported count as lost."""
        if not self.registered:
            return
        try:
            self._workers.unregister(self.id)
        except QueueError as fault:
            log.warning("worker %s stays registered until it is reaped: %s", self.id, fault)
        else:
            log.info("worker %s has stopped", self.id)
