"""Short words for what a worker does in the tests of the core."""

import os
import struct
import time
from collections.abc import Sequence
from contextlib import suppress

from queuectl_core.attempt import Claim, Ended
from queuectl_core.sqlite.store import Store
from queuectl_core.worker import Worker

SUCCESS = Ended(exit_code=0, error=None, output_bytes=0)
FAILURE = Ended(exit_code=3, error="exit status 3", output_bytes=0)


def register(store: Store, worker: str = "w1", lease_seconds: float = 30) -> str:
    """A worker that is alive for `lease_seconds`; negative: one that died longer ago than its leases last."""
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
