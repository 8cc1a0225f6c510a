"""What a worker would do, done by a test."""

import uuid

from queuectl_core.attempt import NOTHING, Claim, Ended, Printed
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from tests.core.working import take


def unique() -> str:
    """A name that no other test uses: tests share the queue."""
    return uuid.uuid4().hex


def claimed(store: Store, **fields: object) -> Claim:
    """A new job that a worker has just begun to run."""
    queue = unique()
    store.queue.enqueue(NewJob.model_validate({"command": "true", "queue": queue, **fields}))
    [claim] = take(store, "player", 1, [queue])
    return claim


def ended(store: Store, exit_code: int = 0, **fields: object) -> str:
    """A job whose only attempt has ended so; its id."""
    claim = claimed(store, max_retries=0, **fields)
    end(store, claim, exit_code)
    return claim.job_id


def end(store: Store, claim: Claim, exit_code: int = 0, printed: Printed = NOTHING) -> None:
    """End an attempt."""
    if exit_code:
        store.leases.fail(claim.lease, Ended(exit_code, f"exit status {exit_code}", printed))
    else:
        store.leases.complete(claim.lease, Ended(0, None, printed))
