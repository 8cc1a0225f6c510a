"""Workers: registered while they live, reaped when they are gone."""

import json
from typing import Any

from queuectl_core.attempt import Ended, Lease, Outcome
from queuectl_core.errors import DatabaseUnusable, WorkerNotFound
from queuectl_core.event import Kind
from queuectl_core.sqlite.clock import boot
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.heartbeat import Heartbeats
from queuectl_core.sqlite.journal import Journal
from queuectl_core.sqlite.leases import Leases
from queuectl_core.worker import Worker

_SELECT = (
    "SELECT id, host, pid, slots, (SELECT count(*) FROM job INDEXED BY job_worker WHERE worker = worker.id"
    " AND state = 'processing'), queues, draining, started_at FROM worker"
)


class Workers:
    """A worker's row is what its leases hang on. They are good while its heartbeats go on, see `heartbeat`."""

    def __init__(self, db: Database, journal: Journal, leases: Leases) -> None:
        self._db = db
        self._journal = journal
        self._leases = leases
        self._heartbeats = Heartbeats(db.path)

    def register(self, worker: Worker, lease_seconds: float) -> None:
        """Announce a worker that is starting; `lease_seconds` without a heartbeat and it counts as gone."""
        try:
            self._heartbeats.begin(worker.id, lease_seconds)
        except OSError as fault:
            raise DatabaseUnusable(f"no heartbeat can be written: {fault}") from fault
        try:
            self._insert(worker)
        except BaseException:
            self._heartbeats.end(worker.id)
            raise

    def _insert(self, worker: Worker) -> None:
        queues = json.dumps(worker.queues)
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO worker (id, host, pid, slots, queues, draining, started_at, boot)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
                (worker.id, worker.host, worker.pid, worker.slots, queues, worker.started_at, boot()),
            )
            self._journal.tell(Kind.WORKER, worker.id, "started")

    def heartbeat(self, worker_id: str, lease_seconds: float) -> None:
        """Push the end of all its leases on; needs no database.

        Raises WorkerNotFound where it comes too late, so that its leases are lost.
        """
        try:
            in_time = self._heartbeats.beat(worker_id, lease_seconds)
        except OSError as fault:
            raise DatabaseUnusable(f"no heartbeat can be written: {fault}") from fault
        if not in_time:
            raise WorkerNotFound(worker_id)

    def lock(self, worker_id: str) -> int:
        """The descriptor that tells others that this worker lives, as long as any process has it open."""
        return self._heartbeats.lock(worker_id)

    def drain(self, worker_id: str) -> Worker:
        """Ask a worker to finish what it runs and take nothing new, until it is stopped. Raises WorkerNotFound."""
        with self._db.transaction():
            if not self._db.execute("UPDATE worker SET draining = 1 WHERE id = ?", (worker_id,)):
                raise WorkerNotFound(worker_id)
            self._journal.tell(Kind.WORKER, worker_id, "draining")
        return self.get(worker_id)

    def unregister(self, worker_id: str) -> None:
        """Take a worker of this process off the list; what it still holds counts as lost."""
        self.remove(worker_id)
        self._heartbeats.end(worker_id)

    def reap(self) -> list[str]:
        """Fail the attempts of workers whose leases have run out; returns the ids of those workers."""
        if not self._expired():
            return []  # without taking the lock
        with self._db.transaction():
            gone = self._expired()
            for worker_id in gone:
                self.remove(worker_id)
        return gone

    def dead(self) -> list[str]:
        """Workers of this machine that have ended without a word, their spawners too; needs no database.

        What they had started may have survived where both were killed: that is to be ended, then `bury` them.
        """
        return self._heartbeats.dead()

    def bury(self, worker_id: str) -> None:
        """Fail the attempts of a dead worker at once, long before its leases run out."""
        self.remove(worker_id)
        self._heartbeats.forget(worker_id)

    def remove(self, worker_id: str) -> None:
        """Take a worker off the list, whether it lives or not; what it still holds counts as lost."""
        with self._db.transaction():
            for lease in self._leases.held(worker_id):
                self._leases.fail(lease, _lost(lease), Outcome.LOST)
            if self._db.execute("DELETE FROM worker WHERE id = ?", (worker_id,)):
                self._journal.tell(Kind.WORKER, worker_id, "stopped")

    def get(self, worker_id: str) -> Worker:
        """One live worker; raises WorkerNotFound."""
        row = self._db.row(f"{_SELECT} WHERE id = ?", (worker_id,))
        if row is None:
            raise WorkerNotFound(worker_id)
        return self._worker(row)

    def all(self) -> list[Worker]:
        """All live workers, oldest first."""
        return [self._worker(row) for row in self._db.rows(f"{_SELECT} ORDER BY started_at, id")]

    def close(self) -> None:
        """The workers of this process live no more, as far as others can see."""
        self._heartbeats.close()

    def _expired(self) -> list[str]:
        rows = self._db.rows("SELECT id, boot FROM worker")
        return [worker_id for worker_id, since in rows if since != boot() or self._heartbeats.expired(worker_id)]

    def _worker(self, row: tuple[Any, ...]) -> Worker:
        worker_id, host, pid, slots, busy, queues, draining, started_at = row
        beaten = self._heartbeats.last(worker_id) or started_at
        return Worker(worker_id, host, pid, slots, busy, json.loads(queues), bool(draining), started_at, beaten)


def _lost(lease: Lease) -> Ended:
    return Ended(exit_code=None, error=f"worker {lease.worker} was lost", output_bytes=None)
