"""A worker's life in the eyes of the others: registered, held by heartbeats, ended or lost."""

import logging
import os
import random
import socket
import time
from functools import partial

from queuectl_core.errors import QueueError
from queuectl_core.sqlite.store import Store
from queuectl_core.worker import Worker
from queuectl_worker import environment, tree, users
from queuectl_worker.settings import WorkerSettings
from queuectl_worker.spawning import Spawning

log = logging.getLogger("queuectl.worker")

LEGIBLE = "23456789abcdefghjkmnpqrstuvwxyz"  # pragma: allowlist secret


class Registration:
    """One name, one spawner: both begin together, and nothing that was started under a name outlives its spawner.

    All methods raise QueueError where the database or the heartbeat cannot be written, or no process be started.
    """

    def __init__(self, store: Store, settings: WorkerSettings) -> None:
        self._workers = store.workers
        self._settings = settings
        host, now = socket.gethostname(), time.time()
        self.id = f"{host}-{''.join(random.choices(LEGIBLE, k=4))}"
        until = self._lease_end()
        slots, queues = settings.concurrency, settings.queues
        self._workers.register(
            Worker(self.id, host, os.getpid(), slots, 0, queues, draining=False, started_at=now, heartbeat_at=now),
            settings.heartbeat_timeout,
        )
        self.spawning = self._start_spawner()
        self.spawning.lease_until(until)
        log.info("worker %s is ready: %d slots", self.id, slots)

    def _start_spawner(self) -> Spawning:
        lock = self._workers.hand_over_lock(self.id)
        try:
            return Spawning(self.id, lock, self._settings.kill_grace, self._settings.command_uids)
        except OSError as fault:
            self._workers.unregister(self.id)
            raise QueueError(f"no spawner can be started: {fault.strerror}") from fault
        finally:
            os.close(lock)

    def beat(self) -> None:
        """Push the end of all leases on; raises WorkerNotFound where they are lost."""
        until = self._lease_end()
        self._workers.heartbeat(self.id, self._settings.heartbeat_timeout)
        self.spawning.lease_until(until)  # only now that it is promised: the spawner kills all at its end

    def _lease_end(self) -> float:
        """When the lease that is asked for now must be taken to have run out: a little before others see it so."""
        timeout = self._settings.heartbeat_timeout
        return time.clock_gettime(time.CLOCK_BOOTTIME) + timeout - min(2.0, timeout / 5)

    def bury_the_dead(self) -> None:
        """See to the jobs of workers that have gone, after everything of them on this machine is dead.

        What one in another container has left cannot be seen from here: the end of its leases is waited for.
        """
        for silent in self._workers.silent():
            if silent.rpartition("-")[0] != socket.gethostname() and self._workers.lives(silent):
                continue
            if tree.end_all(partial(self._left, environment.mark(silent))) and self._workers.bury(silent):
                log.warning("worker %s was lost", silent)

    def _left(self, mark: bytes) -> list[int]:
        first = self._settings.command_uids
        return tree.marked(mark) if first is None else users.left(first, mark)

    def end(self) -> None:
        """End the spawner and whatever it runs, then leave the list; what is still held counts as lost."""
        self.spawning.close()
        try:
            if not self._workers.bury(self.id):
                log.error("worker %s stays on the list, as something that it runs will not die", self.id)
        except QueueError as fault:
            log.warning("worker %s stays on the list until somebody buries it: %s", self.id, fault)
