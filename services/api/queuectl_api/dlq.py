"""The dead letter queue: jobs whose attempts are used up, waiting for a person."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from queuectl_api.access import Queue
from queuectl_api.jobs import page, requeue
from queuectl_api.problems import documented
from queuectl_api.query import Chosen, Listed
from queuectl_api.schemas import Affected, Job, JobPage
from queuectl_core.sqlite.jobs import Filter
from queuectl_core.sqlite.queue import LogKey
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State

router = APIRouter(prefix="/dlq", tags=["dead letter queue"], responses=documented(503, 507))


@router.get("", operation_id="listDeadJobs", responses=documented(422))
async def list_dead(query: Annotated[Listed, Query()], queue: Queue) -> JobPage:
    """List dead jobs, a page at a time."""
    return await page(query, (State.DEAD,), queue)


@router.post("/{id}/retry", operation_id="retryDeadJob", responses=documented(404, 409))
async def retry(id: str, queue: Queue) -> Job:
    """Put one dead job back to pending, with fresh attempts."""
    return await requeue(id, queue, only=State.DEAD)


@router.post("/retry", operation_id="retryDeadJobs", responses=documented(422))
async def retry_all(query: Annotated[Chosen, Query()], queue: Queue) -> Affected:
    """Retry all dead jobs, or those that the filter names. In steps, so that others get their turn."""
    count, last = 0, 0
    while step := await queue.write(partial(_retry_step, query.filter(), last)):
        count, last = count + len(step), step[-1]
    return Affected(count=count)


def _retry_step(chosen: Filter, after: int, store: Store) -> list[int]:
    return store.queue.retry_dead(chosen, after)


@router.delete("", operation_id="purgeDeadJobs", responses=documented(422))
async def purge(query: Annotated[Chosen, Query()], queue: Queue) -> Affected:
    """Delete all dead jobs, or those that the filter names, with their logs."""
    count, last = 0, 0
    while step := await queue.write(partial(_purge_step, query.filter(), last)):
        await queue.delete_logs(step)
        count, last = count + len(step), step[-1][0]
    return Affected(count=count)


def _purge_step(chosen: Filter, after: int, store: Store) -> list[LogKey]:
    return store.queue.purge_dead(chosen, after)
