"""What workers do in tests: they register, claim jobs, and die."""

import os
import time
from collections.abc import Sequence

from queuectl_core.model.attempt import NOTHING, Claim, Ended, Lease
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.model.worker import Worker
from queuectl_core.store.store import Store
from queuectl_core.worker_file import write_unreported

SUCCESS = Ended(exit_code=0, error=None, printed=NOTHING)
FAILURE = Ended(exit_code=3, error="exit status 3", printed=NOTHING)


def register(store: Store, worker: str = "w1", lease_seconds: float = 3600) -> str:
    """Register a worker whose leases last `lease_seconds`; negative: one that died so long ago that they have expired.

    The default is longer than all tests take: those of the API share a worker that housekeeping must not reap.
    """
    now = time.time()
    _locks[store, worker] = store._driver.host_locks.acquire(worker)
    store.workers.register(Worker(worker, "host", 1, 4, 0, [], False, now, now), lease_seconds)
    if lease_seconds < 0:
        die(store, worker)
    return worker


_locks: dict[tuple[Store, str], int] = {}
"""Descriptors that hold a worker's lock."""


def note_unreported(store: Store, worker: str, lease: Lease) -> None:
    """Its guard notes an attempt that may have ended without a report."""
    write_unreported(_locks[store, worker], [(lease.seq, lease.attempt)])


def die(store: Store, worker: str) -> None:
    """All its processes have ended: its host lock is released."""
    if (store, worker) in _locks:
        os.close(_locks.pop((store, worker)))


def take(store: Store, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
    """What that worker claims; it is registered first if it is not yet."""
    if worker not in [known.id for known in store.workers.all()]:
        register(store, worker)
    return store.claims.claim(worker, limit, queues)


def claim_one(store: Store, worker: str = "w1") -> Claim:
    """The one job that is due."""
    [claimed] = take(store, worker, 10)
    return claimed


def job_in_state(store: Store, state: State, worker: str = "w1", **fields: object) -> str:
    """Enqueue a job and bring it to `state`, run by `worker` if it has to run; its id. It comes before other jobs."""
    given = {
        "command": "true",
        "max_retries": int(state is State.FAILED),
        "backoff_base": 1000,
        "priority": int(state is not State.PENDING),  # before those that wait
    }
    job_id = store.enqueue(NewJob.model_validate(given | fields))
    if state is State.CANCELLED:
        store.actions.cancel(job_id)
    elif state is not State.PENDING:
        [claim] = take(store, worker, 1)
        assert claim.job_id == job_id
        if state is State.COMPLETED:
            store.reports.complete(claim.lease, SUCCESS)
        elif state is not State.PROCESSING:
            store.reports.fail(claim.lease, FAILURE)
    assert store.jobs.get(job_id).state is state
    return job_id
