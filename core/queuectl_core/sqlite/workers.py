"""Workers: registered while they live, reaped when they are gone."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

from queuectl_core.attempt import Ended, Lease, Outcome
from queuectl_core.errors import WorkerNotFound
from queuectl_core.event import Kind
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.journal import Journal
from queuectl_core.sqlite.leases import Leases
from queuectl_core.worker import Worker

_SELECT = (
    "SELECT id, host, pid, slots, (SELECT count(*) FROM job INDEXED BY job_worker WHERE worker = worker.id"
    " AND state = 'processing'), queues, draining, started_at, heartbeat_at FROM worker"
)


class Workers:
    """A worker's row is what its leases hang on: while heartbeats push its expiry on, they are good."""

    def __init__(self, db: Database, journal: Journal, leases: Leases) -> None:
        self._db = db
        self._journal = journal
        self._leases = leases

    def register(self, worker: Worker, lease_seconds: float) -> None:
        """Announce a worker that is starting; `lease_seconds` without a heartbeat and it counts as gone."""
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO worker (id, host, pid, slots, queues, draining, started_at, heartbeat_at, boot, expires)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
                (
                    worker.id,
                    worker.host,
                    worker.pid,
                    worker.slots,
                    json.dumps(worker.queues),
                    worker.started_at,
                    worker.heartbeat_at,
                    _boot(),
                    _uptime() + lease_seconds,
                ),
            )
            self._journal.tell(Kind.WORKER, worker.id, "started")

    def heartbeat(self, worker_id: str, lease_seconds: float) -> None:
        """Push the expiry of all its leases on. Raises WorkerNotFound where it was reaped: its leases are lost."""
        with self._db.transaction():
            if not self._db.execute(
                "UPDATE worker SET heartbeat_at = ?, expires = ? WHERE id = ?",
                (time.time(), _uptime() + lease_seconds, worker_id),
            ):
                raise WorkerNotFound(worker_id)

    def drain(self, worker_id: str) -> Worker:
        """Ask a worker to finish what it runs and take nothing new, until it is stopped. Raises WorkerNotFound."""
        with self._db.transaction():
            if not self._db.execute("UPDATE worker SET draining = 1 WHERE id = ?", (worker_id,)):
                raise WorkerNotFound(worker_id)
            self._journal.tell(Kind.WORKER, worker_id, "draining")
        return self.get(worker_id)

    def unregister(self, worker_id: str) -> None:
        """Take a worker off the list; what it still holds counts as lost."""
        with self._db.transaction():
            self._remove(worker_id)

    def reap(self) -> list[str]:
        """Fail the attempts of workers whose heartbeats stopped; returns the ids of those workers."""
        if not self._expired():
            return []  # without taking the lock
        with self._db.transaction():
            gone = self._expired()
            for worker_id in gone:
                self._remove(worker_id)
        return gone

    def get(self, worker_id: str) -> Worker:
        """One live worker; raises WorkerNotFound."""
        row = self._db.row(f"{_SELECT} WHERE id = ?", (worker_id,))
        if row is None:
            raise WorkerNotFound(worker_id)
        return _worker(row)

    def all(self) -> list[Worker]:
        """All live workers, oldest first."""
        return [_worker(row) for row in self._db.rows(f"{_SELECT} ORDER BY started_at, id")]

    def _expired(self) -> list[str]:
        rows = self._db.rows("SELECT id FROM worker WHERE expires < ? OR boot <> ?", (_uptime(), _boot()))
        return [row[0] for row in rows]

    def _remove(self, worker_id: str) -> None:
        for lease in self._leases.held(worker_id):
            self._leases.fail(lease, _lost(lease), Outcome.LOST)
        if self._db.execute("DELETE FROM worker WHERE id = ?", (worker_id,)):
            self._journal.tell(Kind.WORKER, worker_id, "stopped")


def _lost(lease: Lease) -> Ended:
    return Ended(exit_code=None, error=f"worker {lease.worker} was lost", output_bytes=None)


def _uptime() -> float:
    """Seconds since the machine started, asleep or not; all its processes see the same, nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _worker(row: tuple[Any, ...]) -> Worker:
    worker_id, host, pid, slots, busy, queues, draining, started_at, heartbeat_at = row
    return Worker(worker_id, host, pid, slots, busy, json.loads(queues), bool(draining), started_at, heartbeat_at)
