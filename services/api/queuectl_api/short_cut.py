"""Enqueueing one job on a shorter way than the framework's, which takes longer than all the rest of it."""

from fastapi import HTTPException, Request, Response
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from queuectl_api import problems
from queuectl_api.access import Access
from queuectl_api.authentication import actor
from queuectl_api.jobs import enqueued
from queuectl_core.errors import QueueError
from queuectl_core.new_job import JOB_BYTES, NewJob
from queuectl_core.role import Role

PATH = "/api/jobs"
JSON = "application/json"
OPTIONAL_CWD = {b"": False, b"optional_cwd=true": True}
"""By the query of the address, as the command line sends it; others are read by the framework."""


class ShortCut:
    """ASGI: answers a POST to /api/jobs where nothing is wrong with it, and hands on what there is to be said about.

    The endpoint itself would answer the same to both.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        if not _is_enqueue(scope):
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
            await self._app(scope, _again(await request.body(), receive), send)
        else:
            await answer(scope, receive, send)


def _is_enqueue(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["path"] == PATH
        and scope["method"] == "POST"
        and scope["query_string"] in OPTIONAL_CWD
        and Headers(scope=scope).get("content-type") == JSON
    )


async def _answer(request: Request) -> Response | None:
    by = await actor(request, Role.OPERATOR)
    request.state.body.hold(JOB_BYTES)
    try:
        new = NewJob.model_validate_json(await request.body())
    except ValidationError:
        return None
    queue: Access = request.app.state.access
    job = await enqueued(new, by, queue, optional_cwd=OPTIONAL_CWD[request.scope["query_string"]])
    return Response(job.model_dump_json(), 201, {"Location": f"{PATH}/{job.id}"}, media_type=JSON)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then what comes after it."""
    read = False

    async def once() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
