"""Jobs: enqueue, list, show, cancel, retry, delete."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from queuectl_api.access import Access, Queue
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.bodies import json_body
from queuectl_api.credentials import Actor
from queuectl_api.problems import documented
from queuectl_api.query import Listed, ListedByState
from queuectl_api.schemas import Attempt, Job, JobPage, JobWithHistory, Run, RunList, Usage
from queuectl_core.attempt import Lease
from queuectl_core.audit import Done
from queuectl_core.job import Job as CoreJob
from queuectl_core.new_job import JOB_BYTES, JobChange, NewJob
from queuectl_core.sqlite.queue import LogKey
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.walk import Sort
from queuectl_core.state import State

OptionalCwd = Annotated[
    bool,
    Query(description="Leave out `cwd` where the job runs in a sandbox, or its queue takes no job with a `cwd`."),
]

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=documented(503, 507))


@router.post(
    "",
    status_code=201,
    operation_id="enqueueJob",
    dependencies=[json_body(JOB_BYTES)],
    responses=documented(409, 415, 422),
)
async def enqueue(
    new: NewJob, by: Operator, queue: Queue, response: Response, optional_cwd: OptionalCwd = False
) -> Job:
    """Enqueue one job. When this answers 201, the job is on the disk."""
    job = await enqueued(new, by, queue, optional_cwd=optional_cwd)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job


async def enqueued(new: NewJob, by: Actor, queue: Access, *, optional_cwd: bool) -> Job:
    """The job, once it is in the queue and on the disk."""

    def change(store: Store) -> CoreJob:
        job = store.jobs.get(store.queue.enqueue(new, optional_cwd=optional_cwd))
        store.audit.record(by, Done.ENQUEUE, job.id)
        return job

    return Job.of(await queue.write_here(change, by))


@router.get("", operation_id="listJobs", dependencies=[VIEWER], responses=documented(422))
async def list_jobs(query: Annotated[ListedByState, Query()], queue: Queue) -> JobPage:
    """List jobs, a page at a time.

    A page costs the same however many jobs there are and however far down it is: it looks at a bounded number of them.
    Where few of those are chosen (by a rare text, error, worker or command) it is shorter than `limit`, or even empty;
    the list ends where `next_cursor` is null.
    """
    return await page(query, query.states(), queue)


async def page(query: Listed, states: tuple[State, ...], queue: Queue) -> JobPage:
    """A page of the jobs in `states` that the query chooses."""
    found = await queue.read(
        lambda store: store.jobs.page(
            query.filter(*states),
            limit=query.limit,
            cursor=query.cursor,
            sort=Sort(query.sort),
        )
    )
    return JobPage(items=[Job.of(job) for job in found.items], next_cursor=found.next_cursor)


@router.get("/{id}", operation_id="showJob", dependencies=[VIEWER], responses=documented(404))
async def show(id: str, queue: Queue) -> JobWithHistory:
    """One job with all its attempts."""

    def look(store: Store) -> JobWithHistory:
        job = store.jobs.get(id)
        history = [Attempt.of(attempt) for attempt in store.jobs.history(job.seq)]
        return JobWithHistory(**Job.of(job).model_dump(), history=history, usage=_usage(store, job))

    return await queue.read(look)


def _usage(store: Store, job: CoreJob) -> Usage | None:
    if job.state is not State.PROCESSING or job.worker is None:
        return None
    seen = store.workers.usage(Lease(job.seq, job.attempt, job.worker))
    return Usage.of(seen) if seen else None


@router.get("/{id}/runs", operation_id="listRuns", dependencies=[VIEWER], responses=documented(404, 422))
async def runs(id: str, queue: Queue, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RunList:
    """The latest jobs with the same command as this one, as far as they are among the newest 50,000 of all."""
    found = await queue.read(lambda store: store.jobs.runs(id, limit))
    return RunList(items=[Run.of(run) for run in found])


@router.patch(
    "/{id}", operation_id="changeJob", dependencies=[json_body(JOB_BYTES)], responses=documented(404, 409, 415, 422)
)
async def change_job(id: str, new: JobChange, by: Operator, queue: Queue) -> Job:
    """Change a job that waits: `pending` or `failed`. What is left out stays as it is, null is the default.

    One that failed keeps the time of its next attempt, unless `run_at` or `delay` is given.
    """
    fields = ", ".join(sorted(new.model_fields_set))  # not what is in them: that may be secret
    return await _changed(id, by, Done.EDIT, queue, lambda store: store.queue.edit(id, new), fields)


@router.delete("/{id}", status_code=204, operation_id="deleteJob", responses=documented(404, 409, 422))
async def delete(id: str, by: Operator, queue: Queue, force: bool = False) -> None:
    """Delete a job, its history and its logs. A job that runs is deleted with `force` only, and stopped."""

    def change(store: Store) -> LogKey:
        deleted = store.queue.delete(id, force=force)
        store.audit.record(by, Done.DELETE, id, seq=deleted[0])
        return deleted

    await queue.delete_logs([await queue.write(change, by)])


@router.post("/{id}/cancel", operation_id="cancelJob", responses=documented(404, 409))
async def cancel(id: str, by: Operator, queue: Queue) -> Job:
    """Stop a job wherever it is. One that runs is `cancelling` until its worker has stopped it."""
    return await _changed(id, by, Done.CANCEL, queue, lambda store: store.queue.cancel(id))


@router.post("/{id}/retry", operation_id="retryJob", responses=documented(404, 409, 422))
async def retry(id: str, by: Operator, queue: Queue) -> Job:
    """Put a dead, cancelled or failed job back to pending, with fresh attempts, where its queue takes its command."""
    return await requeue(id, by, queue)


async def requeue(id: str, by: Actor, queue: Queue, only: State | None = None) -> Job:
    """Retry a job; `only`: where it is in that state."""
    return await _changed(id, by, Done.RETRY, queue, lambda store: store.queue.retry(id, only))


async def _changed(
    id: str, by: Actor, action: Done, queue: Queue, verb: Callable[[Store], None], detail: str | None = None
) -> Job:
    """The job as `verb` leaves it; in the audit log where that is another than before."""

    def change(store: Store) -> CoreJob:
        before = store.jobs.get(id)
        verb(store)
        after = store.jobs.get(id)
        if after != before:
            store.audit.record(by, action, id, detail)
        return after

    return Job.of(await queue.write(change, by))
