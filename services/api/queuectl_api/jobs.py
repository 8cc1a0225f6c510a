"""Jobs: list, show, change, cancel, retry, rerun, delete."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER, Operator
from queuectl_api.content_type import json_body
from queuectl_api.credentials import RequestActor
from queuectl_api.idempotency import Keyed, Once
from queuectl_api.job import Attempt, Job, JobPage, JobWithHistory, Run, RunList, Usage, Waiting
from queuectl_api.problems import documented
from queuectl_api.query import ListedByState, ListedDead
from queuectl_core.model.attempt import Lease
from queuectl_core.model.audit import Done
from queuectl_core.model.job import Job as CoreJob
from queuectl_core.model.new_job import JOB_BYTES, JobChange
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from queuectl_core.store.transitions import LogKey

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=documented(503, 507))


@router.get("", operation_id="listJobs", dependencies=[VIEWER])
async def list_jobs(query: Annotated[ListedByState, Query()], access: QueueAccess) -> JobPage:
    """List jobs, a page at a time.

    A page costs the same however many jobs there are and however far down it is: it examines a bounded number of them.
    If few of those match (a rare text, error, worker or command), it is shorter than `limit`, or even empty; the list
    ends when `next_cursor` is null.
    """
    return await page(query, query.states(), access)


async def page(query: ListedByState | ListedDead, states: tuple[State, ...], access: QueueAccess) -> JobPage:
    """A page of the jobs in `states` that match the query."""
    found = await access.read(
        lambda store: store.jobs.page(
            query.filter(*states),
            limit=query.limit,
            cursor=query.cursor,
            sort=Sort(query.sort),
        )
    )
    return JobPage(items=[Job.of(job) for job in found.items], next_cursor=found.next_cursor)


@router.get("/{id}", operation_id="showJob", dependencies=[VIEWER], responses=documented(404))
async def show(id: str, access: QueueAccess) -> JobWithHistory:
    """One job with all its attempts."""

    def query(store: Store) -> JobWithHistory:
        job = store.jobs.get(id)
        history = [Attempt.of(attempt) for attempt in store.jobs.history(job.seq)]
        waiting = store.waiting_for.of(job)
        return JobWithHistory.of(
            job,
            history=history,
            usage=_usage(store, job),
            waiting_for=Waiting.of(waiting) if waiting else None,
        )

    return await access.read(query)


def _usage(store: Store, job: CoreJob) -> Usage | None:
    if job.state is not State.PROCESSING or job.worker is None:
        return None
    seen = store.workers.usage(Lease(job.seq, job.attempt, job.worker))
    return Usage.of(seen) if seen else None


@router.get("/{id}/runs", operation_id="listRuns", dependencies=[VIEWER], responses=documented(404))
async def runs(id: str, access: QueueAccess, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RunList:
    """The latest jobs with the same command as this one, among the newest 50,000 jobs."""
    found = await access.read(lambda store: store.jobs.runs(id, limit))
    return RunList(items=[Run.of(run) for run in found])


@router.patch(
    "/{id}",
    operation_id="changeJob",
    response_model=Job,
    dependencies=[json_body(JOB_BYTES)],
    responses=documented(404, 409, 415),
)
async def change_job(id: str, new: JobChange, actor: Operator, access: QueueAccess) -> Job | Response:
    """Change a waiting job: `pending` or `failed`. Fields that are left out stay unchanged; null is the default.

    A failed job keeps the time of its next attempt unless `run_at` or `delay` is given.
    """
    fields = ", ".join(sorted(new.model_fields_set))  # not their values, which may be secret
    return await _changed(id, actor, Done.EDIT, access, lambda store: store.actions.edit(id, new), fields)


@router.delete("/{id}", status_code=204, operation_id="deleteJob", responses=documented(404, 409))
async def delete(id: str, actor: Operator, access: QueueAccess, force: bool = False) -> None:
    """Delete a job, its history and its logs. A running job is deleted only with `force`, which stops it."""

    def change(store: Store) -> LogKey:
        deleted = store.actions.delete(id, force=force)
        store.audit.record_each(actor, Done.DELETE, [deleted])
        return deleted.log_key

    await access.delete_logs([await access.write(change, actor)])


@router.post("/{id}/cancel", operation_id="cancelJob", response_model=Job, responses=documented(404, 409))
async def cancel(id: str, actor: Operator, once: Once, access: QueueAccess) -> Job | Response:
    """Stop a job in any state. A running job is `cancelling` until its worker has stopped it."""
    return await _changed(id, actor, Done.CANCEL, access, lambda store: store.actions.cancel(id), keyed=once)


@router.post("/{id}/retry", operation_id="retryJob", response_model=Job, responses=documented(404, 409))
async def retry(id: str, actor: Operator, once: Once, access: QueueAccess) -> Job | Response:
    """Put a dead, cancelled or failed job back to pending with fresh attempts, if its queue allows its command."""
    return await requeue(id, actor, once, access)


async def requeue(
    id: str, actor: RequestActor, keyed: Keyed | None, access: QueueAccess, only: State | None = None
) -> Job | Response:
    """Retry a job; `only`: if it is in that state."""
    return await _changed(id, actor, Done.RETRY, access, lambda store: store.actions.retry(id, only), keyed=keyed)


@router.post("/{id}/rerun", status_code=201, operation_id="rerunJob", responses=documented(404, 409))
async def rerun(id: str, actor: Operator, access: QueueAccess, response: Response) -> Job:
    """Enqueue a copy of this job, with a new id and due now, if its queue allows its command.

    The old job stays unchanged.
    """

    def change(store: Store) -> CoreJob:
        job = store.jobs.get(store.rerun(id))
        store.audit.record(actor, Done.RERUN, job.id, f"like {id}")
        return job

    job = Job.of(await access.write(change, actor))
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job


async def _changed(
    id: str,
    actor: RequestActor,
    action: Done,
    access: QueueAccess,
    verb: Callable[[Store], None],
    detail: str | None = None,
    keyed: Keyed | None = None,
) -> Job | Response:
    """The job after `verb`; in the audit log if it has changed."""

    def change(store: Store) -> CoreJob:
        before = store.jobs.get(id)
        verb(store)
        after = store.jobs.get(id)
        if after != before:
            store.audit.record(actor, action, id, detail)
        return after

    if keyed:
        return await access.write(keyed.done(lambda store: Job.of(change(store))), actor)
    return Job.of(await access.write(change, actor))
