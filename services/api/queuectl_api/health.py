"""Is it alive, and can it work."""

from fastapi import APIRouter

from queuectl_api.access import Queue
from queuectl_api.problems import documented
from queuectl_api.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz")
async def alive() -> Health:
    """This process answers."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz", responses=documented(503, 507))
async def ready(queue: Queue) -> Health:
    """The database can be reached and is of this version."""
    await queue.read(lambda store: store.jobs.counts())
    return Health(status="ready")
