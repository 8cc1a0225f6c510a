"""Jobs: enqueue, list, show, cancel, retry, delete."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from queuectl_api.access import Queue
from queuectl_api.problems import documented, json_only
from queuectl_api.query import Listed, ListedByState
from queuectl_api.schemas import Attempt, Job, JobPage, JobWithHistory
from queuectl_core.job import Job as CoreJob
from queuectl_core.new_job import NewJob
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=documented(503, 507))


@router.post(
    "",
    status_code=201,
    operation_id="enqueueJob",
    dependencies=[Depends(json_only)],
    responses=documented(409, 415, 422),
)
async def enqueue(new: NewJob, queue: Queue, response: Response) -> Job:
    """Enqueue one job. When this answers 201, the job is on the disk."""

    def change(store: Store) -> CoreJob:
        return store.jobs.get(store.queue.enqueue(new))

    job = await queue.write(change)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return Job.of(job)


@router.get("", operation_id="listJobs", responses=documented(422))
async def list_jobs(query: Annotated[ListedByState, Query()], queue: Queue) -> JobPage:
    """List jobs, a page at a time."""
    return await page(query, query.states(), queue)


async def page(query: Listed, states: tuple[State, ...], queue: Queue) -> JobPage:
    """A page of the jobs in `states` that the query chooses."""
    found = await queue.read(
        lambda store: store.jobs.page(
            query.filter(*states),
            limit=query.limit,
            cursor=query.cursor,
            newest_first=query.sort == "-created_at",
        )
    )
    return JobPage(items=[Job.of(job) for job in found.items], next_cursor=found.next_cursor)


@router.get("/{id}", operation_id="showJob", responses=documented(404))
async def show(id: str, queue: Queue) -> JobWithHistory:
    """One job with all its attempts."""

    def look(store: Store) -> JobWithHistory:
        job = store.jobs.get(id)
        history = [Attempt.of(attempt) for attempt in store.jobs.history(job.seq)]
        return JobWithHistory(**Job.of(job).model_dump(), history=history)

    return await queue.read(look)


@router.delete("/{id}", status_code=204, operation_id="deleteJob", responses=documented(404, 409, 422))
async def delete(id: str, queue: Queue, force: bool = False) -> None:
    """Delete a job, its history and its logs. A job that runs is deleted with `force` only, and stopped."""
    await queue.delete_logs([await queue.write(lambda store: store.queue.delete(id, force=force))])


@router.post("/{id}/cancel", operation_id="cancelJob", responses=documented(404, 409))
async def cancel(id: str, queue: Queue) -> Job:
    """Stop a job wherever it is. One that runs is `cancelling` until its worker has stopped it."""

    def change(store: Store) -> CoreJob:
        store.queue.cancel(id)
        return store.jobs.get(id)

    return Job.of(await queue.write(change))


@router.post("/{id}/retry", operation_id="retryJob", responses=documented(404, 409))
async def retry(id: str, queue: Queue) -> Job:
    """Put a dead, cancelled or failed job back to pending, with fresh attempts."""
    return await requeue(id, queue)


async def requeue(id: str, queue: Queue, only: State | None = None) -> Job:
    """Retry a job; `only`: where it is in that state."""

    def change(store: Store) -> CoreJob:
        store.queue.retry(id, only)
        return store.jobs.get(id)

    return Job.of(await queue.write(change))
