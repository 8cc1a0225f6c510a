"""Actions on many jobs, named ones or all that match, in steps that clients can follow."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from queuectl_api.access import Access, QueueAccess
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.content_type import json_body
from queuectl_api.credentials import RequestActor
from queuectl_api.job import Count
from queuectl_api.problems import documented
from queuectl_api.query import Bulk, ChosenByState, Text
from queuectl_core.model.audit import Done
from queuectl_core.model.bulk import Action
from queuectl_core.model.filter import Filter
from queuectl_core.store.bulk import Step
from queuectl_core.store.store import Store

router = APIRouter(tags=["jobs"], responses=documented(503, 507))

BULK_BYTES = 512 << 10
"""Enough for 500 ids, or a filter, in any notation."""


class Stepped(BaseModel):
    """The result of one step of a bulk action; `next_cursor` asks for the next step, null after the last."""

    changed: int
    skipped: int = Field(
        description="Jobs whose state or queue does not allow the action, whose unique key another job holds, or that"
        " no longer exist."
    )
    next_cursor: str | None


class IdList(BaseModel):
    """Ids of jobs, in order."""

    items: list[str]


class TagList(BaseModel):
    """Tags that jobs have."""

    items: list[str]


@router.post("/jobs/bulk", operation_id="changeJobs", dependencies=[json_body(BULK_BYTES)], responses=documented(415))
async def change(bulk: Bulk, actor: Operator, access: QueueAccess) -> Stepped:
    """Retry, cancel or delete up to 500 jobs per call; repeat it with `next_cursor` until that is null.

    Each job is visited once, even if it changes meanwhile; jobs enqueued after the first call are left alone. A running
    job is `cancelling` until its worker has stopped it.
    """
    ids, force = bulk.ids, bulk.force
    if ids is not None:
        step = await _take(actor, bulk.action, access, lambda store: store.bulk.named(bulk.action, ids, force=force))
    else:
        step = await _take(actor, bulk.action, access, partial(_step, bulk.action, bulk.chosen(), bulk.cursor, force))
    return Stepped(changed=step.changed, skipped=step.skipped, next_cursor=step.next_cursor)


async def change_all(actor: RequestActor, access: Access, action: Action, chosen: Filter) -> int:
    """Take all steps, with other requests in between. How many jobs were changed."""
    changed, cursor = 0, None
    while True:
        step = await _take(actor, action, access, partial(_step, action, chosen, cursor, False))
        changed, cursor = changed + step.changed, step.next_cursor
        if cursor is None:
            return changed


def _step(action: Action, chosen: Filter, cursor: str | None, force: bool, store: Store) -> Step:
    return store.bulk.step(action, chosen, cursor, force=force)


async def _take(actor: RequestActor, action: Action, access: Access, act: Callable[[Store], Step]) -> Step:
    def change(store: Store) -> Step:
        step = act(store)
        store.audit.record_each(actor, Done(action), step.jobs)
        return step

    step = await access.write(change, actor, bulk=True)
    await access.delete_logs(step.logs)
    return step


@router.get("/count", operation_id="countJobs", dependencies=[VIEWER])
async def count(query: Annotated[ChosenByState, Query()], access: QueueAccess) -> Count:
    """How many jobs match. Filters other than state and queue examine up to 200,000 jobs: see `complete`."""
    found, complete = await access.read(lambda store: store.jobs.count(query.filter(*query.states())))
    return Count(count=found, complete=complete)


@router.get("/ids", operation_id="listIds", dependencies=[VIEWER])
async def ids(
    access: QueueAccess,
    prefix: Annotated[Text, Query(max_length=128)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> IdList:
    """Ids of jobs that begin with `prefix`."""
    return IdList(items=await access.read(lambda store: store.jobs.ids(prefix, limit)))


@router.get("/tags", operation_id="listTags", dependencies=[VIEWER])
async def tags(
    access: QueueAccess,
    prefix: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> TagList:
    """Tags that begin with `prefix`."""
    return TagList(items=await access.read(lambda store: store.jobs.tags(prefix, limit)))
