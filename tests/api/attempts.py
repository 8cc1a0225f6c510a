"""Jobs that a test runs itself, as a worker would."""

from queuectl_core.model.attempt import NOTHING, Claim, Ended, Printed
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from tests.names import unique
from tests.store.attempts import take


def claimed(store: Store, **fields: object) -> Claim:
    """A new job that a worker has just begun to run."""
    queue = unique()
    store.enqueue(NewJob.model_validate({"command": "true", "queue": queue, **fields}))
    [claim] = take(store, "api-tests", 1, [queue])
    return claim


def ended(store: Store, exit_code: int = 0, **fields: object) -> str:
    """A job whose only attempt has ended so; its id."""
    claim = claimed(store, max_retries=0, **fields)
    end(store, claim, exit_code)
    return claim.job_id


def end(store: Store, claim: Claim, exit_code: int = 0, printed: Printed = NOTHING) -> None:
    """End an attempt."""
    if exit_code:
        store.reports.fail(claim.lease, Ended(exit_code, f"exit status {exit_code}", printed))
    else:
        store.reports.complete(claim.lease, Ended(0, None, printed))
