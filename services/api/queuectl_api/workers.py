"""The live workers."""

from collections.abc import Sequence
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.fields import Instant, from_core
from queuectl_api.job import Usage
from queuectl_api.problems import documented
from queuectl_core.model.audit import Done
from queuectl_core.model.worker import RunningJob as CoreRunningJob
from queuectl_core.model.worker import Worker as CoreWorker
from queuectl_core.store.store import Store

router = APIRouter(prefix="/workers", tags=["workers"], responses=documented(503, 507))


class RunningJob(BaseModel):
    """A running job."""

    id: str
    command: str
    queue: str
    attempts: int
    started_at: Instant
    usage: Usage | None

    @classmethod
    def of(cls, job: CoreRunningJob) -> Self:
        """From the core's."""
        return from_core(cls, job, usage=Usage.of(job.usage) if job.usage else None)


class Worker(BaseModel):
    """A live worker."""

    id: str = Field(examples=["build1-4k2x"])
    host: str
    pid: int
    slots: int
    busy: int
    queues: list[str] = Field(examples=[["*"]])
    draining: bool
    holding_still: str | None = Field(description="Why it starts no jobs for now; it tries again twice a second.")
    started_at: Instant
    heartbeat_at: Instant
    running: list[RunningJob] = Field(description="Oldest first.")

    @classmethod
    def of(cls, worker: CoreWorker, running: Sequence[CoreRunningJob]) -> Self:
        """From the core's worker, and the jobs that it runs."""
        return from_core(
            cls,
            worker,
            busy=len(running),
            queues=worker.queues or ["*"],
            holding_still=worker.hold.reason if worker.hold else None,
            running=[RunningJob.of(job) for job in running],
        )


class WorkerList(BaseModel):
    """All live workers."""

    items: list[Worker]


@router.get("", operation_id="listWorkers", dependencies=[VIEWER])
async def list_workers(access: QueueAccess) -> WorkerList:
    """List the live workers, with the jobs that each is running."""
    return await access.read(live)


def live(store: Store) -> WorkerList:
    """Read them."""
    running = store.workers.running()
    return WorkerList(items=[Worker.of(worker, running.get(worker.id, ())) for worker in store.workers.all()])


@router.post("/{id}/drain", operation_id="drainWorker", responses=documented(404))
async def drain(id: str, actor: Admin, access: QueueAccess) -> Worker:
    """Let a worker finish its running jobs and take no new ones, until it is stopped or restarted."""

    def change(store: Store) -> Worker:
        if not store.workers.get(id).draining:
            store.workers.drain(id)
            store.audit.record(actor, Done.DRAIN, id)
        return Worker.of(store.workers.get(id), store.workers.running().get(id, ()))

    return await access.write(change, actor)
