"""The system at a glance."""

from fastapi import APIRouter

import queuectl_core
from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import documented
from queuectl_api.schemas import JobCounts, Status
from queuectl_core.sqlite.store import Store

router = APIRouter(tags=["system"], responses=documented(503, 507))


@router.get("/status", operation_id="showStatus", dependencies=[VIEWER])
async def show(queue: Queue) -> Status:
    """How many workers, slots in use, and jobs in each state."""
    return await queue.read(status)


def status(store: Store) -> Status:
    """Read it."""
    workers = store.workers.all()
    return Status(
        version=queuectl_core.__version__,
        workers=len(workers),
        slots=sum(worker.slots for worker in workers),
        busy=sum(worker.busy for worker in workers),
        jobs=JobCounts.of(store.jobs.counts()),
    )
