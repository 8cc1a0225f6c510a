"""Short words for what a worker does in the tests of the core."""

import os
import struct
import time
from collections.abc import Sequence
from contextlib import suppress

from queuectl_core.attempt import NOTHING, Claim, Ended
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from queuectl_core.worker import Worker

SUCCESS = Ended(exit_code=0, error=None, printed=NOTHING)
FAILURE = Ended(exit_code=3, error="exit status 3", printed=NOTHING)


def register(store: Store, worker: str = "w1", lease_seconds: float = 3600) -> str:
    """A worker that is alive for `lease_seconds`; negative: one that died longer ago than its leases last.

    For longer than all tests take: those of the API share a worker, and no housekeeping shall come in between.
    """
    now = time.time()
    store.workers.register(Worker(worker, "host", 1, 4, 0, [], False, now, now), lease_seconds)
    if lease_seconds < 0:
        die(store, worker)
    return worker


def die(store: Store, worker: str) -> None:
    """Everything of it has ended."""
    with suppress(KeyError):  # its store was closed: so it had died already
        os.close(store.workers.hand_over_lock(worker))


def fall_silent(store: Store, worker: str) -> None:
    """It died longer ago than its leases last."""
    die(store, worker)
    heartbeat = store.path.with_suffix(".workers") / worker
    heartbeat.write_bytes(struct.pack("d", 0))


def take(store: Store, worker: str, limit: int, queues: Sequence[str] = ()) -> list[Claim]:
    """What that worker claims; it is registered first where it is not yet."""
    if worker not in [known.id for known in store.workers.all()]:
        register(store, worker)
    return store.leases.claim(worker, limit, queues)


def claim_one(store: Store, worker: str = "w1") -> Claim:
    """The one job that is due."""
    [claimed] = take(store, worker, 10)
    return claimed


def brought_to(store: Store, state: State, worker: str = "w1", **fields: object) -> str:
    """A new job that is in `state` now, and ran on `worker` if it ran; its id. Others wait meanwhile."""
    given = {
        "command": "true",
        "max_retries": int(state is State.FAILED),
        "backoff_base": 1000,
        "priority": int(state is not State.PENDING),  # before those that wait
    }
    job_id = store.queue.enqueue(NewJob.model_validate(given | fields))
    if state is State.CANCELLED:
        store.queue.cancel(job_id)
    elif state is not State.PENDING:
        [claim] = take(store, worker, 1)
        assert claim.job_id == job_id
        if state is State.COMPLETED:
            store.leases.complete(claim.lease, SUCCESS)
        elif state is not State.PROCESSING:
            store.leases.fail(claim.lease, FAILURE)
    assert store.jobs.get(job_id).state is state
    return job_id
