"""Queues: list, pause, resume, limit, set the allowed commands, delete."""

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.content_type import json_body
from queuectl_api.fields import from_core, without_default
from queuectl_api.problems import documented
from queuectl_api.status import JobCounts
from queuectl_core.model.audit import Done, shortened
from queuectl_core.model.new_job import COMMANDS_BYTES, Entries, JobLimit, Name
from queuectl_core.model.queue import Queue as CoreQueue
from queuectl_core.store.series import RECENT
from queuectl_core.store.store import Store

router = APIRouter(prefix="/queues", tags=["queues"], responses=documented(503, 507))


class Queue(BaseModel):
    """A queue: it exists once a job or a setting names it."""

    name: str
    paused: bool
    concurrency_limit: int | None = Field(description="Jobs that may run at once, over all workers; null: no limit.")
    commands: list[str] | None = Field(
        description="The commands that it allows: an exact command; a program's name and ` *` for any plain arguments;"
        " or `*` for any command. null: those of the setting `default-commands`.",
        examples=[["ffmpeg *", "/srv/nightly.sh"]],
    )
    jobs: JobCounts
    ready: int = Field(description="Jobs that are due and waiting for a slot.")
    slots: int = Field(description="Slots of the workers that serve it.")
    latency: float = Field(description="Seconds since its oldest waiting job became due; 0: none is waiting.")
    oldest: str | None = Field(description="The id of that job.")
    completed: list[int] = Field(description="Attempts that ended in each 10 s of the last 5 minutes, oldest first.")

    @classmethod
    def of(cls, queue: CoreQueue, completed: list[int]) -> Self:
        """From the core's queue, and its part of the series."""
        jobs = JobCounts.of(queue.jobs)
        return from_core(cls, queue, concurrency_limit=queue.limit, jobs=jobs, completed=completed)


class ChangedQueue(Queue):
    """A queue that was changed."""

    new: bool = Field(description="Whether it was unknown before: it had neither jobs nor settings.")


class QueueList(BaseModel):
    """All queues, by name."""

    items: list[Queue]


class QueueChange(BaseModel):
    """The settings to change; those that are left out stay unchanged."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"paused": True}]})

    paused: bool = Field(False, strict=True, json_schema_extra=without_default)
    concurrency_limit: JobLimit | None = Field(None, description="null: no limit.")
    commands: Entries | None = Field(
        None,
        description="The commands that it allows, see Queue; null: those of the setting `default-commands`.",
        examples=[["ffmpeg *", "/srv/nightly.sh"]],
    )


NONE = [0] * RECENT


@router.get("", operation_id="listQueues", dependencies=[VIEWER])
async def list_queues(access: QueueAccess) -> QueueList:
    """List all queues."""

    def query(store: Store) -> QueueList:
        recent = store.series.recent()
        return QueueList(items=[Queue.of(found, recent.get(found.name, NONE)) for found in store.queues.all()])

    return await access.read(query)


@router.patch(
    "/{name}", operation_id="changeQueue", dependencies=[json_body(COMMANDS_BYTES)], responses=documented(415)
)
async def change(name: Name, new: QueueChange, actor: Admin, access: QueueAccess) -> ChangedQueue:
    """Pause or resume a queue, limit how many of its jobs run at once, or set which commands it allows.

    The queue need not have jobs yet: `new` says whether it was unknown. Running jobs continue, and `commands` does not
    affect waiting jobs. A job of a queue with `commands` must not have `env` or `cwd`. An empty object changes nothing.
    """

    def write(store: Store) -> bool:
        known, before = store.queues.known(name), store.queues.settings(name)
        if "paused" in new.model_fields_set:
            store.queues.set_paused(name, new.paused)
        if "concurrency_limit" in new.model_fields_set:
            store.queues.set_limit(name, new.concurrency_limit)
        if "commands" in new.model_fields_set:
            store.queues.set_commands(name, new.commands)
        if store.queues.settings(name) != before:
            store.audit.record(actor, Done.QUEUE, name, detail=_shown(new))
        return known

    def read(store: Store) -> Queue:
        return Queue.of(store.queues.get(name), store.series.recent().get(name, NONE))

    known = await access.write(write, actor)
    changed = await access.read(read)  # it counts jobs, which takes too long on the event loop
    return ChangedQueue(**changed.model_dump(), new=not known)


@router.delete("/{name}", status_code=204, operation_id="deleteQueue", responses=documented(404, 409))
async def delete(name: Name, actor: Admin, access: QueueAccess) -> None:
    """Delete a queue that has no jobs in any state, with its settings and counters.

    The next job for that name creates it anew. Any queue can be deleted, including `default`.
    """

    def write(store: Store) -> None:
        store.queues.delete(name)
        store.audit.record(actor, Done.QUEUE_DELETE, name)

    await access.write(write, actor)


def _shown(new: QueueChange) -> str:
    """A change for the audit log; only the beginning of a long list of commands."""
    return shortened(new.model_dump_json(exclude_unset=True), len(new.commands or []))
