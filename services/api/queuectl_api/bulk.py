"""Doing something with many jobs: named ones, or all that match; a step at a time, so that it can be watched."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from queuectl_api.access import Access, Queue
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.bodies import json_body
from queuectl_api.credentials import Actor
from queuectl_api.problems import documented
from queuectl_api.query import Bulk, ChosenByState
from queuectl_api.schemas import Count, Stepped, TagList
from queuectl_core.audit import Done
from queuectl_core.sqlite.bulk import Action, Step
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store

router = APIRouter(tags=["jobs"], responses=documented(503, 507))

BULK_BYTES = 512 << 10
"""Of 500 ids, or of a filter, however they are written."""


@router.post(
    "/jobs/bulk", operation_id="changeJobs", dependencies=[json_body(BULK_BYTES)], responses=documented(415, 422)
)
async def change(bulk: Bulk, by: Operator, queue: Queue) -> Stepped:
    """Retry, cancel or delete up to 500 jobs; to be called again with `next_cursor` until that is null.

    Each job is met once, whatever becomes of it meanwhile; those that were enqueued after the first call are not. To
    cancel one that runs is to ask for it.
    """
    if bulk.filter is None:
        ids, force = bulk.ids or [], bulk.force
        step = await _take(by, bulk.action, queue, lambda store: store.bulk.named(bulk.action, ids, force=force))
    else:
        chosen = bulk.filter.filter(*bulk.filter.states())
        step = await _take(by, bulk.action, queue, partial(_step, bulk.action, chosen, bulk.cursor, bulk.force))
    return Stepped(changed=step.changed, skipped=step.skipped, next_cursor=step.next_cursor)


async def change_all(by: Actor, queue: Access, action: Action, chosen: Filter) -> int:
    """Take all steps, so that others get their turn in between; how many jobs were changed."""
    changed, cursor = 0, None
    while True:
        step = await _take(by, action, queue, partial(_step, action, chosen, cursor, False))
        changed, cursor = changed + step.changed, step.next_cursor
        if cursor is None:
            return changed


def _step(action: Action, chosen: Filter, cursor: str | None, force: bool, store: Store) -> Step:
    return store.bulk.step(action, chosen, cursor, force=force)


async def _take(by: Actor, action: Action, queue: Access, act: Callable[[Store], Step]) -> Step:
    def change(store: Store) -> Step:
        step = act(store)
        store.audit.record_each(by, Done(action), step.jobs)
        return step

    step = await queue.write(change, by)
    await queue.delete_logs(step.logs)
    return step


@router.get("/count", operation_id="countJobs", dependencies=[VIEWER], responses=documented(422))
async def count(query: Annotated[ChosenByState, Query()], queue: Queue) -> Count:
    """How many jobs match. By other than state and queue, up to 200,000 jobs are looked at: `complete` says if all."""
    found, complete = await queue.read(lambda store: store.jobs.count(query.filter(*query.states())))
    return Count(count=found, complete=complete)


@router.get("/tags", operation_id="listTags", dependencies=[VIEWER], responses=documented(422))
async def tags(
    queue: Queue,
    prefix: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> TagList:
    """Tags that begin with `prefix`."""
    return TagList(items=await queue.read(lambda store: store.jobs.tags(prefix, limit)))
