"""Workers: registered while they live, reaped when they are gone."""

import json
from collections import defaultdict
from typing import Any

from queuectl_core.attempt import UNKNOWN, Ended, Lease, Outcome
from queuectl_core.errors import DatabaseUnusable, WorkerNotFound
from queuectl_core.event import Kind
from queuectl_core.sqlite.clock import boot
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.heartbeat import Heartbeats
from queuectl_core.sqlite.journal import Journal
from queuectl_core.sqlite.leases import Leases
from queuectl_core.usage import Usage, Usages
from queuectl_core.worker import RunningJob, Worker

_SELECT = (
    "SELECT id, host, pid, slots, (SELECT count(*) FROM job INDEXED BY job_state WHERE state = 'processing'"
    " AND worker = worker.id), queues, draining, started_at FROM worker"
)


class Workers:
    """A worker's row is what its leases hang on. They are good while its heartbeats go on."""

    def __init__(self, db: Database, journal: Journal, leases: Leases) -> None:
        self._db = db
        self._journal = journal
        self._leases = leases
        self._heartbeats = Heartbeats(db.path)
        self._usages = Usages(db.path)

    def register(self, worker: Worker, lease_seconds: float) -> None:
        """Announce a worker that is starting; `lease_seconds` without a heartbeat and it counts as gone."""
        try:
            self._heartbeats.begin(worker.id, lease_seconds)
            self._insert(worker)
        except BaseException as fault:
            self._heartbeats.end(worker.id)
            if isinstance(fault, OSError):
                raise DatabaseUnusable(f"no heartbeat can be written: {fault}") from fault
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

    def hand_over_lock(self, worker_id: str) -> int:
        """The descriptor that says that something of this worker may run: for its spawner, then to be closed."""
        return self._heartbeats.hand_over_lock(worker_id)

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
        self._remove_files(worker_id)

    def reap(self) -> list[str]:
        """Fail the attempts of workers that are gone for sure; returns the ids of those workers.

        Their leases have run out, and their spawners have ended. For who cannot look after commands that have survived
        both; who can takes `silent` and `bury`, which need not wait for the end of the leases.
        """
        if not self._gone():
            return []  # without taking the lock
        with self._db.transaction():
            gone = self._gone()
            for worker_id in gone:
                self.remove(worker_id)
        return gone

    def silent(self) -> list[str]:
        """Workers whose leases have run out, or whose spawners have ended; needs no database.

        What they had started may have survived, or be frozen: that is to be ended, then they can be buried.
        """
        beats = self._heartbeats
        return [worker for worker in beats.all() if beats.expired(worker) or not beats.locked(worker)]

    def bury(self, worker_id: str) -> bool:
        """Fail the attempts of a silent worker at once. False, and nothing changed, while something of it may run."""
        if self._heartbeats.locked(worker_id):
            return False
        self.remove(worker_id)
        self._remove_files(worker_id)
        return True

    def lives(self, worker_id: str) -> bool:
        """Whether its heartbeats go on."""
        return not self._heartbeats.expired(worker_id)

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

    def running(self) -> dict[str, list[RunningJob]]:
        """What each worker runs, oldest first; without those that run nothing."""
        jobs = defaultdict[str, list[RunningJob]](list)
        usages: dict[str, dict[str, Usage]] = {}
        for seq, attempt, worker_id, job_id, command, queue, attempts, started_at in self._db.rows(
            "SELECT seq, attempt, worker, id, command, queue, attempts, started_at FROM job INDEXED BY job_state"
            " WHERE state = 'processing' ORDER BY started_at, seq"
        ):
            if worker_id not in usages:
                usages[worker_id] = self._usages.read(worker_id)
            usage = usages[worker_id].get(Lease(seq, attempt, worker_id).key)
            jobs[worker_id].append(RunningJob(job_id, command, queue, attempts, started_at, usage))
        return jobs

    def usage(self, lease: Lease) -> Usage | None:
        """What an attempt that runs uses right now, as far as its worker has looked."""
        return self._usages.read(lease.worker).get(lease.key)

    def close(self) -> None:
        """The workers of this process live no more, as far as others can see."""
        self._heartbeats.close()

    def _remove_files(self, worker_id: str) -> None:
        self._usages.remove(worker_id)
        self._heartbeats.end(worker_id)

    def _gone(self) -> list[str]:
        beats = self._heartbeats
        return [
            worker_id
            for worker_id, since in self._db.rows("SELECT id, boot FROM worker")
            if since != boot() or (beats.expired(worker_id) and not beats.locked(worker_id))
        ]

    def _worker(self, row: tuple[Any, ...]) -> Worker:
        worker_id, host, pid, slots, busy, queues, draining, started_at = row
        beaten = self._heartbeats.last(worker_id) or started_at
        return Worker(worker_id, host, pid, slots, busy, json.loads(queues), bool(draining), started_at, beaten)


def _lost(lease: Lease) -> Ended:
    return Ended(exit_code=None, error=f"worker {lease.worker} was lost", printed=UNKNOWN)
