"""Registration of workers, and reaping of expired ones."""

import json
from collections import defaultdict
from typing import Any

from queuectl_core.host_clock import boot
from queuectl_core.host_lock import HostLocks
from queuectl_core.model.attempt import UNKNOWN, Ended, Lease, Outcome
from queuectl_core.model.errors import DatabaseUnusable, WorkerNotFound
from queuectl_core.model.event import EventType
from queuectl_core.model.hold import Hold
from queuectl_core.model.usage import Usage
from queuectl_core.model.worker import RunningJob, Worker
from queuectl_core.store.change_log import ChangeLog
from queuectl_core.store.presence import Presence
from queuectl_core.store.reports import Reports
from queuectl_core.store.session import Session
from queuectl_core.store.usages import Usages


class Workers:
    """A worker's leases depend on its row and its heartbeats."""

    def __init__(
        self,
        session: Session,
        change_log: ChangeLog,
        reports: Reports,
        presence: Presence,
        host_locks: HostLocks,
        usages: Usages,
    ) -> None:
        self._session = session
        self._change_log = change_log
        self._reports = reports
        self._presence = presence
        self._host_locks = host_locks
        self._usages = usages

    # Live workers

    def register(self, worker: Worker, lease_seconds: float) -> None:
        """Register a starting worker; it expires after `lease_seconds` without a heartbeat.

        As long as any of its processes may be running, it must hold its lock in HostLocks.
        """
        try:
            self._presence.begin(worker.id, lease_seconds)
            self._insert(worker)
        except BaseException as fault:
            self._presence.end(worker.id)
            if isinstance(fault, OSError):
                raise _no_heartbeat(fault) from fault
            raise

    def _insert(self, worker: Worker) -> None:
        queues = json.dumps(worker.queues)
        with self._session.transaction():
            self._session.execute(
                "INSERT INTO worker (id, host, pid, slots, queues, draining, started_at, boot)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (worker.id, worker.host, worker.pid, worker.slots, queues, False, worker.started_at, boot()),
            )
            self._change_log.tell(EventType.WORKER, worker.id, "started")

    def heartbeat(self, worker_id: str, lease_seconds: float) -> None:
        """Extend all its leases. Raises WorkerNotFound if they have already expired."""
        try:
            in_time = self._presence.beat(worker_id, lease_seconds)
        except OSError as fault:
            raise _no_heartbeat(fault) from fault
        if not in_time:
            raise WorkerNotFound(worker_id)

    def hold(self, worker_id: str, hold: Hold | None) -> None:
        """Publish why a worker in this process is on hold; None: it is not."""
        try:
            self._presence.hold(worker_id, hold)
        except OSError as fault:
            raise _no_heartbeat(fault) from fault

    def drain(self, worker_id: str) -> Worker:
        """Ask a worker to finish its running jobs and claim no more, until it is restarted. Raises WorkerNotFound."""
        with self._session.transaction():
            if not self._session.execute("UPDATE worker SET draining = ? WHERE id = ?", (True, worker_id)):
                raise WorkerNotFound(worker_id)
            self._change_log.tell(EventType.WORKER, worker_id, "draining")
        return self.get(worker_id)

    def unregister(self, worker_id: str) -> None:
        """Remove a worker in this process; its remaining leases are lost."""
        self.remove(worker_id)
        self._remove_files(worker_id)

    # Expired workers

    def reap_expired(self) -> list[str]:
        """Fail the attempts of workers that are certainly gone; returns the ids of those workers.

        Their leases have expired and none of their processes is running on this host, or the host was rebooted. Workers
        use `expired` and `reap` instead, because they can also kill commands that survived their worker and its guard.
        """
        if not self._gone():
            return []  # without taking the lock
        with self._session.transaction():
            gone = self._gone()
            for worker_id in gone:
                self.remove(worker_id)
        return gone

    def _gone(self) -> list[str]:
        return [
            worker_id
            for worker_id, booted in self._session.rows("SELECT id, boot FROM worker")
            if self._presence.is_of_earlier_boot(booted)
            or (self._presence.expired(worker_id) and not self._host_locks.held(worker_id))
        ]

    def expired(self) -> list[str]:
        """Workers on this host whose leases have expired, or that have no running processes. Needs no database.

        Their commands may have survived, or be frozen: the caller kills them before it calls `reap`.
        """
        return [
            worker
            for worker in self._host_locks.workers()
            if self._presence.expired(worker) or not self._host_locks.held(worker)
        ]

    def reap(self, worker_id: str) -> bool:
        """Fail the attempts of an expired worker; False, with nothing changed, while its processes may be running."""
        if self._host_locks.held(worker_id):
            return False
        self.remove(worker_id)
        self._remove_files(worker_id)
        return True

    def unreported(self, worker_id: str) -> list[tuple[int, int]]:
        """Attempts that an expired worker has not reported, as (`seq`, number). Some jobs may have been deleted."""
        return self._host_locks.unreported(worker_id)

    def alive(self, worker_id: str) -> bool:
        """Whether its leases are valid."""
        return not self._presence.expired(worker_id)

    def remove(self, worker_id: str) -> None:
        """Remove a worker, alive or not; its remaining leases are lost."""
        with self._session.transaction():
            if self._session.execute("DELETE FROM worker WHERE id = ?", (worker_id,)):  # first: it claims no more
                self._change_log.tell(EventType.WORKER, worker_id, "stopped")
            for lease in self._reports.held(worker_id):
                self._reports.fail(lease, _lost(lease), Outcome.LOST)
            self._presence.removed(worker_id)

    def _remove_files(self, worker_id: str) -> None:
        self._usages.remove(worker_id)
        self._presence.end(worker_id)
        self._host_locks.remove(worker_id)

    # Reading

    def get(self, worker_id: str) -> Worker:
        """One registered worker; raises WorkerNotFound."""
        row = self._session.row(f"{self._select} WHERE id = ?", (worker_id,))
        if row is None:
            raise WorkerNotFound(worker_id)
        return self._worker(row)

    def all(self) -> list[Worker]:
        """All registered workers, oldest first."""
        return [self._worker(row) for row in self._session.rows(f"{self._select} ORDER BY started_at, id")]

    @property
    def _select(self) -> str:
        return (
            f"SELECT id, host, pid, slots, (SELECT count(*) FROM job {self._by_state} WHERE state = 'processing'"
            " AND worker = worker.id), queues, draining, started_at FROM worker"
        )

    @property
    def _by_state(self) -> str:
        return self._session.dialect.by("job_state")

    def _worker(self, row: tuple[Any, ...]) -> Worker:
        worker_id, host, pid, slots, busy, queues, draining, started_at = row
        beaten, hold = self._presence.last(worker_id) or started_at, self._presence.held(worker_id)
        return Worker(worker_id, host, pid, slots, busy, json.loads(queues), bool(draining), started_at, beaten, hold)

    def running(self) -> dict[str, list[RunningJob]]:
        """The running jobs of each worker, oldest first; without idle workers."""
        jobs = defaultdict[str, list[RunningJob]](list)
        usages: dict[str, dict[str, Usage]] = {}
        for seq, attempt, worker_id, job_id, command, queue, attempts, started_at in self._session.rows(
            f"SELECT seq, attempt, worker, id, command, queue, attempts, started_at FROM job {self._by_state}"
            " WHERE state = 'processing' ORDER BY started_at, seq"
        ):
            if worker_id not in usages:
                usages[worker_id] = self._usages.read(worker_id)
            usage = usages[worker_id].get(Lease(seq, attempt, worker_id).key)
            jobs[worker_id].append(RunningJob(job_id, command, queue, attempts, started_at, usage))
        return jobs

    def usage(self, lease: Lease) -> Usage | None:
        """The latest usage sample of a running attempt; None if there is none yet."""
        return self._usages.read(lease.worker).get(lease.key)


def _lost(lease: Lease) -> Ended:
    return Ended(exit_code=None, error=f"worker {lease.worker} was lost", printed=UNKNOWN)


def _no_heartbeat(fault: OSError) -> DatabaseUnusable:
    return DatabaseUnusable(f"cannot write the heartbeat: {fault}")
