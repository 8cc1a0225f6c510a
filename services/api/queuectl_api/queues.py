"""Queues: how deep they are; pause, resume, limit, list the commands that they take."""

from fastapi import APIRouter

from queuectl_api import access, schemas
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.bodies import json_body
from queuectl_api.problems import documented
from queuectl_core.audit import Done, shortened
from queuectl_core.new_job import COMMANDS_BYTES, Name
from queuectl_core.sqlite.series import RECENT
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/queues", tags=["queues"], responses=documented(503, 507))

NONE = [0] * RECENT


@router.get("", operation_id="listQueues", dependencies=[VIEWER])
async def list_queues(queue: access.Queue) -> schemas.QueueList:
    """List all queues."""

    def look(store: Store) -> schemas.QueueList:
        recent = store.series.recent()
        return schemas.QueueList(
            items=[schemas.Queue.of(found, recent.get(found.name, NONE)) for found in store.queues.all()]
        )

    return await queue.read(look)


@router.patch(
    "/{name}", operation_id="changeQueue", dependencies=[json_body(COMMANDS_BYTES)], responses=documented(415, 422)
)
async def change(name: Name, new: schemas.QueueChange, by: Admin, queue: access.Queue) -> schemas.Queue:
    """Pause or resume a queue, limit how many of its jobs run at once, or which commands it takes; from now on.

    The queue need not hold a job yet. What runs already runs on, and what waits is not held against `commands`. A job
    of a queue with `commands` may have no `env` and no `cwd`. An empty object changes nothing.
    """

    def write(store: Store) -> schemas.Queue:
        before = store.queues.settings(name)
        if "paused" in new.model_fields_set:
            store.queues.set_paused(name, new.paused)
        if "concurrency_limit" in new.model_fields_set:
            store.queues.set_limit(name, new.concurrency_limit)
        if "commands" in new.model_fields_set:
            store.queues.set_commands(name, new.commands)
        if store.queues.settings(name) != before:
            store.audit.record(by, Done.QUEUE, name, detail=_told(new))
        return schemas.Queue.of(store.queues.get(name), store.series.recent().get(name, NONE))

    return await queue.write(write, by)


def _told(new: schemas.QueueChange) -> str:
    """A change in the audit log; of a long list of commands only the beginning."""
    return shortened(new.model_dump_json(exclude_unset=True), len(new.commands or []))
