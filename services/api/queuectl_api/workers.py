"""The live workers."""

from fastapi import APIRouter

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER, Admin
from queuectl_api.problems import documented
from queuectl_api.schemas import Worker, WorkerList
from queuectl_core.audit import Done
from queuectl_core.sqlite.store import Store

router = APIRouter(prefix="/workers", tags=["workers"], responses=documented(503, 507))


@router.get("", operation_id="listWorkers", dependencies=[VIEWER])
async def list_workers(queue: Queue) -> WorkerList:
    """List the workers that are alive, with what each runs."""
    return await queue.read(live)


def live(store: Store) -> WorkerList:
    """Read them."""
    running = store.workers.running()
    return WorkerList(items=[Worker.of(worker, running.get(worker.id, ())) for worker in store.workers.all()])


@router.post("/{id}/drain", operation_id="drainWorker", responses=documented(404))
async def drain(id: str, by: Admin, queue: Queue) -> Worker:
    """Have a worker finish what it runs and take nothing new, until it is stopped or started anew."""

    def change(store: Store) -> Worker:
        if not store.workers.get(id).draining:
            store.workers.drain(id)
            store.audit.record(by, Done.DRAIN, id)
        return Worker.of(store.workers.get(id), store.workers.running().get(id, ()))

    return await queue.write(change, by)
