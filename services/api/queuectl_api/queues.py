"""Queues: how deep they are; pause, resume, limit."""

from fastapi import APIRouter, Depends

from queuectl_api import access, schemas
from queuectl_api.problems import documented, json_only
from queuectl_core.new_job import Name
from queuectl_core.sqlite.series import RECENT
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/queues", tags=["queues"], responses=documented(503, 507))

NONE = [0] * RECENT


@router.get("", operation_id="listQueues")
async def list_queues(queue: access.Queue) -> schemas.QueueList:
    """List all queues."""

    def look(store: Store) -> schemas.QueueList:
        recent = store.series.recent()
        return schemas.QueueList(
            items=[schemas.Queue.of(found, recent.get(found.name, NONE)) for found in store.queues.all()]
        )

    return await queue.read(look)


@router.patch("/{name}", operation_id="changeQueue", dependencies=[Depends(json_only)], responses=documented(415, 422))
async def change(name: Name, new: schemas.QueueChange, queue: access.Queue) -> schemas.Queue:
    """Pause or resume a queue, or limit how many of its jobs run at once; it counts for all workers, from now on.

    The queue need not hold a job yet. What runs already runs on. An empty object changes nothing.
    """

    def write(store: Store) -> schemas.Queue:
        if "paused" in new.model_fields_set:
            store.queues.set_paused(name, new.paused)
        if "concurrency_limit" in new.model_fields_set:
            store.queues.set_limit(name, new.concurrency_limit)
        return schemas.Queue.of(store.queues.get(name), store.series.recent().get(name, NONE))

    return await queue.write(write)
