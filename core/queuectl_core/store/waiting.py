"""What a job waits for: its time, its queue, its lock, a worker, a slot."""

import time
from datetime import UTC, datetime

from queuectl_core.model.errors import WorkerNotFound
from queuectl_core.model.job import Job
from queuectl_core.model.lock import Lock
from queuectl_core.model.state import State
from queuectl_core.model.waiting import Reason, Waiting
from queuectl_core.model.worker import Worker
from queuectl_core.store.locks import Locks
from queuectl_core.store.queues import Queues
from queuectl_core.store.session import Session
from queuectl_core.store.workers import Workers

MOST_COUNTED = 10_000


class WaitingFor:
    """Looked up when somebody asks; nothing is kept of it."""

    def __init__(self, session: Session, queues: Queues, locks: Locks, workers: Workers) -> None:
        self._session = session
        self._queues = queues
        self._locks = locks
        self._workers = workers

    def of(self, job: Job) -> Waiting | None:
        """The first thing that keeps it from starting, or from printing; None if nothing does."""
        if job.state is State.PROCESSING:
            return self._output(job)
        if job.state in (State.PENDING, State.FAILED):
            return self._time(job) or self._queue(job.queue) or self._lock(job.lock) or self._worker(job)
        return None

    def _output(self, job: Job) -> Waiting | None:
        try:
            worker = self._workers.get(str(job.worker))
        except WorkerNotFound:
            return None
        if worker.hold is None or not worker.hold.output_waits:
            return None
        return Waiting(Reason.WORKERS_HOLD_STILL, f"worker {worker.id} is on hold: {worker.hold.reason}")

    def _time(self, job: Job) -> Waiting | None:
        due = job.next_run_at
        if due is None or due <= time.time():
            return None
        at = datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Waiting(Reason.SCHEDULED, f"{'its next attempt' if job.attempts else 'it'} is due at {at}", due)

    def _queue(self, name: str) -> Waiting | None:
        paused, limit, _ = self._queues.settings(name)
        if paused:
            return Waiting(Reason.PAUSED, f"queue {name} is paused")
        if limit is not None and self._running(name) >= limit:
            return Waiting(Reason.LIMIT, f"queue {name} is at its limit: {limit} at once")
        return None

    def _lock(self, lock: Lock | None) -> Waiting | None:
        if lock is None:
            return None
        running = self._locks.use(lock.key).running
        if running < lock.limit:
            return None
        if running == 1:
            return Waiting(Reason.LOCK, f"lock {lock.key} is held by another job")
        return Waiting(Reason.LOCK, f"lock {lock.key} is held by {running} jobs, its limit is {lock.limit}")

    def _running(self, queue: str) -> int:
        running = self._session.value("SELECT sum(jobs) FROM tally WHERE queue = ? AND state = 'processing'", (queue,))
        return running or 0

    def _worker(self, job: Job) -> Waiting | None:
        workers = self._workers.all()
        takers = [worker for worker in workers if worker.takes(job.queue)]
        if not takers:
            return Waiting(Reason.NO_WORKER, _no_worker(job.queue, workers))
        active = [worker for worker in takers if not worker.hold]
        if not active:
            return Waiting(Reason.WORKERS_HOLD_STILL, _on_hold(takers))
        slots = sum(worker.slots for worker in active)
        if any(worker.busy < worker.slots for worker in active):
            return None  # it starts in a moment
        return Waiting(Reason.SLOTS, f"{_busy(slots)}, {self._before(job)} before it in queue {job.queue}")

    def _before(self, job: Job) -> str:
        """How many of its queue are due, need no lock, and come first."""
        counted: int = self._session.value(
            f"SELECT count(*) FROM (SELECT 1 FROM job {self._session.dialect.by('job_claimable')}"
            " WHERE due = 1 AND lock IS NULL AND queue = ?"
            " AND (priority > ? OR (priority = ? AND seq < ?)) LIMIT ?) AS before",
            (job.queue, job.priority, job.priority, job.seq, MOST_COUNTED),
        )
        if counted == MOST_COUNTED:
            return f"at least {counted} jobs are"
        return f"{counted} job is" if counted == 1 else f"{counted} jobs are"


def _no_worker(queue: str, workers: list[Worker]) -> str:
    if not workers:
        return "no worker is alive"
    drained = [worker for worker in workers if not worker.queues or queue in worker.queues]
    if drained:
        return f"the workers that take from queue {queue} are draining"
    return f"no worker takes from queue {queue}"


def _on_hold(workers: list[Worker]) -> str:
    first = workers[0]
    reason = first.hold.reason if first.hold else ""
    if len(workers) == 1:
        return f"worker {first.id} is on hold: {reason}"
    return f"all {len(workers)} workers that take from its queue are on hold: {reason}"


def _busy(slots: int) -> str:
    return "the only slot is busy" if slots == 1 else f"all {slots} slots are busy"
