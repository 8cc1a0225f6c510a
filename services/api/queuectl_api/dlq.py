"""The dead letter queue: jobs whose attempts are used up, until somebody retries or deletes them."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.bulk import change_all
from queuectl_api.fields import Instant, from_core
from queuectl_api.idempotency import Once
from queuectl_api.job import Affected, Job, JobPage
from queuectl_api.jobs import page, requeue
from queuectl_api.problems import documented
from queuectl_api.query import ChosenDead, ListedDead
from queuectl_core.model.bulk import Action
from queuectl_core.model.dlq import Group
from queuectl_core.model.failure import parts
from queuectl_core.model.state import State

router = APIRouter(prefix="/dlq", tags=["dead letter queue"], responses=documented(503, 507))


class DeadGroup(BaseModel):
    """Dead jobs with the same command template and the same error template."""

    failure: str = Field(description="The value of `failure` in a filter for these jobs.")
    command: str = Field(
        description="Its template: `…` stands for what differs between them.", examples=["convert … -o …"]
    )
    error: str = Field(examples=["exit status 3"])
    count: int
    queues: list[str]
    first_at: Instant
    last_at: Instant
    newest: str = Field(description="The id of the latest death.")

    @classmethod
    def of(cls, group: Group) -> Self:
        """From the core's group."""
        command, error = parts(group.failure)
        return from_core(cls, group, command=command, error=error)


class DeadGroupList(BaseModel):
    """Groups of dead jobs, the largest first."""

    items: list[DeadGroup]


@router.get("", operation_id="listDeadJobs", dependencies=[VIEWER])
async def list_dead(query: Annotated[ListedDead, Query()], access: QueueAccess) -> JobPage:
    """List dead jobs, a page at a time, like the list of all jobs, but the latest deaths come first."""
    return await page(query, (State.DEAD,), access)


@router.get("/groups", operation_id="groupDeadJobs", dependencies=[VIEWER])
async def groups(query: Annotated[ChosenDead, Query()], access: QueueAccess) -> DeadGroupList:
    """Dead jobs by failure: jobs with the same command template and the same error template are one group.

    The 500 largest groups, the largest first.
    """
    found = await access.read(lambda store: store.dlq.groups(query.filter()))
    return DeadGroupList(items=[DeadGroup.of(group) for group in found])


@router.post("/{id}/retry", operation_id="retryDeadJob", response_model=Job, responses=documented(404, 409))
async def retry(id: str, actor: Operator, once: Once, access: QueueAccess) -> Job | Response:
    """Put one dead job back to pending with fresh attempts, if its queue allows its command."""
    return await requeue(id, actor, once, access, only=State.DEAD)


@router.post("/retry", operation_id="retryDeadJobs")
async def retry_all(query: Annotated[ChosenDead, Query()], actor: Operator, access: QueueAccess) -> Affected:
    """Retry all dead jobs, or those that match, in steps, so that other requests are served in between."""
    return Affected(count=await change_all(actor, access, Action.RETRY, query.filter(State.DEAD)))


@router.delete("", operation_id="purgeDeadJobs")
async def purge(query: Annotated[ChosenDead, Query()], actor: Operator, access: QueueAccess) -> Affected:
    """Delete all dead jobs, or those that match, with their logs."""
    return Affected(count=await change_all(actor, access, Action.DELETE, query.filter(State.DEAD)))
