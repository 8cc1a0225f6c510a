"""The dead letter queue: jobs whose attempts are used up, waiting for a person."""

from typing import Annotated

from fastapi import APIRouter, Query

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.bulk import change_all
from queuectl_api.jobs import page, requeue
from queuectl_api.problems import documented
from queuectl_api.query import Chosen, Listed
from queuectl_api.schemas import Affected, DeadGroup, DeadGroupList, Job, JobPage
from queuectl_core.sqlite.bulk import Action
from queuectl_core.state import State

router = APIRouter(prefix="/dlq", tags=["dead letter queue"], responses=documented(503, 507))


@router.get("", operation_id="listDeadJobs", dependencies=[VIEWER], responses=documented(422))
async def list_dead(query: Annotated[Listed, Query()], queue: Queue) -> JobPage:
    """List dead jobs, a page at a time; as the list of all jobs."""
    return await page(query, (State.DEAD,), queue)


@router.get("/groups", operation_id="groupDeadJobs", dependencies=[VIEWER], responses=documented(422))
async def groups(query: Annotated[Chosen, Query()], queue: Queue) -> DeadGroupList:
    """Dead jobs by what they died of: those with one kind of command and one kind of error are one group.

    The 500 largest groups, the largest first.
    """
    found = await queue.read(lambda store: store.dead.groups(query.filter()))
    return DeadGroupList(items=[DeadGroup.of(group) for group in found])


@router.post("/{id}/retry", operation_id="retryDeadJob", responses=documented(404, 409, 422))
async def retry(id: str, by: Operator, queue: Queue) -> Job:
    """Put one dead job back to pending, with fresh attempts, where its queue takes its command."""
    return await requeue(id, by, queue, only=State.DEAD)


@router.post("/retry", operation_id="retryDeadJobs", responses=documented(422))
async def retry_all(query: Annotated[Chosen, Query()], by: Operator, queue: Queue) -> Affected:
    """Retry all dead jobs, or those that the filter names. In steps, so that others get their turn."""
    return Affected(count=await change_all(by, queue, Action.RETRY, query.filter(State.DEAD)))


@router.delete("", operation_id="purgeDeadJobs", responses=documented(422))
async def purge(query: Annotated[Chosen, Query()], by: Operator, queue: Queue) -> Affected:
    """Delete all dead jobs, or those that the filter names, with their logs."""
    return Affected(count=await change_all(by, queue, Action.DELETE, query.filter(State.DEAD)))
