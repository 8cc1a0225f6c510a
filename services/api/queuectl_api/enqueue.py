"""Enqueue one job: the endpoint, and a fast path that answers plain and valid requests alike."""

import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api import problems
from queuectl_api.access import Access, QueueAccess
from queuectl_api.authentication import Operator, authorize
from queuectl_api.content_type import json_body
from queuectl_api.credentials import RequestActor
from queuectl_api.idempotency import Once
from queuectl_api.job import EnqueuedJob
from queuectl_api.problems import documented
from queuectl_api.repeated import Repeated, check_jobs
from queuectl_api.strict import IDEMPOTENCY_KEY
from queuectl_core.model.audit import Done
from queuectl_core.model.errors import QueueError
from queuectl_core.model.new_job import JOB_BYTES, NewJob
from queuectl_core.model.role import Role
from queuectl_core.store.enqueue import Enqueued
from queuectl_core.store.store import Store

PATH = "/api/jobs"
JSON = "application/json"
OPTIONAL_CWD = {b"": False, b"optional_cwd=true": True}
"""By the query strings that the fast path takes."""

EXISTING = {
    "model": EnqueuedJob,
    "description": "No new job: this one holds the unique key. With `replace`, it has the new settings.",
}

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=documented(503, 507))

OptionalCwd = Annotated[
    bool,
    Query(description="Leave out `cwd` if the job runs in a sandbox, or its queue takes no job with a `cwd`."),
]


@router.post(
    "",
    status_code=201,
    response_model=EnqueuedJob,
    operation_id="enqueueJob",
    dependencies=[json_body(JOB_BYTES)],
    responses={200: EXISTING, **documented(409, 415)},
)
async def enqueue(
    new: NewJob,
    actor: Operator,
    once: Once,
    access: QueueAccess,
    response: Response,
    optional_cwd: OptionalCwd = False,
) -> EnqueuedJob | Response:
    """Enqueue one job. If this answers 201, the job is on the disk.

    With a unique key that another job holds, this answers 200 with that job, or as `on_conflict` says.
    """
    change = _enqueuing(new, actor, optional_cwd=optional_cwd)
    if once:
        answer = await access.write(once.done(lambda store: _answered(change(store))), actor)
        job = json.loads(bytes(answer.body))
        answer.status_code = _status(existing=job.get("existing", False))  # an older version kept it without
        answer.headers["Location"] = f"{PATH}/{job['id']}"
        return answer
    enqueued = _answered(await access.write(change, actor))
    response.status_code = _status(existing=enqueued.existing)
    response.headers["Location"] = f"{PATH}/{enqueued.id}"
    return enqueued


def _enqueuing(new: NewJob, actor: RequestActor, *, optional_cwd: bool) -> Callable[[Store], Enqueued]:
    def change(store: Store) -> Enqueued:
        enqueued = store.enqueued(new, optional_cwd=optional_cwd)
        if not enqueued.existing:
            store.audit.record(actor, Done.ENQUEUE, enqueued.job.id)
        elif enqueued.replaced:
            store.audit.record(actor, Done.EDIT, enqueued.job.id, "replaced by an enqueue with its unique key")
        return enqueued

    return change


def _answered(enqueued: Enqueued) -> EnqueuedJob:
    return EnqueuedJob.of(enqueued.job, existing=enqueued.existing)


def _status(*, existing: bool) -> int:
    return 200 if existing else 201


class FastEnqueue:
    """ASGI: answers plain and valid requests to `enqueue` itself, and passes all others on.

    FastAPI would take as long again as everything else that such a request needs. It also explains what is wrong with
    a job. tests/api/test_enqueue.py holds the answers of both equal.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        if not _is_plain(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            answer = await _answer(request)
        except QueueError as refusal:
            answer = await problems.refused(request, refusal)
        except HTTPException as refusal:
            answer = await problems.http(request, refusal)
        except ClientDisconnect:
            return
        if answer is None:
            await self._app(scope, _replaying(await request.body(), receive), send)
        else:
            await answer(scope, receive, send)


def _is_plain(scope: Scope) -> bool:
    if (
        scope["type"] != "http"
        or scope["path"] != PATH
        or scope["method"] != "POST"
        or scope["query_string"] not in OPTIONAL_CWD
    ):
        return False
    headers = Headers(scope=scope)
    return headers.get("content-type") == JSON and IDEMPOTENCY_KEY not in headers


async def _answer(request: Request) -> Response | None:
    """The answer to a valid job; None if FastAPI has to explain what is wrong with it."""
    actor = await authorize(request, Role.OPERATOR)  # before the body is read
    request.state.body.hold(JOB_BYTES)
    body = await request.body()
    try:
        new = NewJob.model_validate_json(body)
        check_jobs(body, [new])
    except (ValidationError, Repeated):
        return None
    access: Access = request.app.state.access
    change = _enqueuing(new, actor, optional_cwd=OPTIONAL_CWD[request.scope["query_string"]])
    job = _answered(await access.write(change, actor))
    status = _status(existing=job.existing)
    return Response(job.model_dump_json(), status, {"Location": f"{PATH}/{job.id}"}, media_type=JSON)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """The body that was already read, then what follows it."""
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
