"""The output of attempts, finished or still being written."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, Self, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from queuectl_api.access import QueueAccess
from queuectl_api.authentication import VIEWER
from queuectl_api.heads import is_head
from queuectl_api.output import Output, position_after
from queuectl_api.problems import Responses, documented
from queuectl_api.streams import CHECK_SECONDS, STREAM
from queuectl_core.logs.piece import Piece

router = APIRouter(prefix="/logs", tags=["logs"], responses=documented(503, 507))

PLAIN = "text/plain; charset=utf-8"
MOST_AT_ONCE = 1 << 20
SILENCE_SECONDS = 15.0

T = TypeVar("T")


class Wanted(BaseModel):
    """The requested part of the output."""

    model_config = ConfigDict(extra="forbid")

    attempt: int | None = Field(None, ge=1, le=2**31, description="Of this attempt; otherwise of the latest one.")
    offset: int | None = Field(
        None, ge=0, le=2**62, description="From this byte of the attempt's output. See `Output-Next`."
    )
    tail: int | None = Field(None, ge=0, le=1_000_000, description="Only this many last lines.")
    follow: bool = Field(False, description="Stream until the job has ended, including its retries.")

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if self.offset is not None and self.tail is not None:
            raise ValueError("offset and tail exclude each other")
        return self


START, NEXT = "Output-Start", "Output-Next"

TEXT: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "hello\n"}}}}


@router.get(
    "/{id}",
    operation_id="readLog",
    dependencies=[VIEWER, STREAM],
    response_class=PlainTextResponse,
    responses=TEXT | documented(404),
)
async def read(id: str, wanted: Annotated[Wanted, Query()], access: QueueAccess, request: Request) -> Response:
    """The captured output of a job, stdout and stderr in the order written; empty if nothing was printed yet.

    If bytes were not kept, a line of the answer says so. With `offset`, the answer instead ends before such a gap, at
    the end of an attempt, or after 1 MiB. `Output-Start` is the position of its first byte, for example `1:2048`
    (attempt and offset); if the requested position is in a gap, this is the end of the gap. `Output-Next` is where to
    continue: in the next attempt if this one has ended, even if that has not begun. It is missing if nothing can
    follow. A stream (`follow`) with output has only `Output-Start`. A stream from an `offset` ends after 15 s without
    output, to distinguish silence from a lost connection.
    """
    job = await access.read(lambda store: store.jobs.get(id))
    # `Output-Next` may name an attempt that has not begun yet.
    if wanted.attempt and wanted.attempt > job.attempt + (wanted.offset is not None):
        raise HTTPException(404, f"job {id!r} has no attempt {wanted.attempt}: it had {job.attempt} so far")
    output = Output(access, job)
    number = wanted.attempt or max(job.attempt, 1)
    if wanted.offset is not None and not (wanted.follow and is_head(request)):  # HEAD does not wait for output
        if wanted.follow:
            return await _followed_from(output, number, wanted.offset, request)
        return await _from(output, number, wanted.offset)
    offset = wanted.offset or (await output.tail_offset(number, wanted.tail) if wanted.tail is not None else 0)
    pieces = (
        output.follow(number, offset, through=wanted.attempt is None)
        if wanted.follow
        else output.pieces(number, offset)
    )
    return _stream((piece.content async for piece in pieces), {START: f"{number}:{offset}"})


async def _from(output: Output, number: int, offset: int) -> Response:
    """The output from a position, up to the next gap."""
    pieces = output.pieces(number, offset)
    start, first = await _behind_a_gap(pieces, offset)
    content = bytearray()
    async for part in _up_to_a_gap(first, pieces):
        content += part
        if len(content) >= MOST_AT_ONCE:
            break
    following = position_after(output.job, number, start + len(content), at_end=not content)
    return Response(bytes(content), media_type=PLAIN, headers=_headers(number, start, following))


async def _followed_from(output: Output, number: int, offset: int, request: Request) -> Response:
    """The output from a position, once there is some; if none comes, where to continue."""
    pieces = output.follow(number, offset, through=False, patience=SILENCE_SECONDS)
    start, first = await _while_connected(request, _behind_a_gap(pieces, offset), otherwise=(offset, None))
    if first:
        return _stream(_up_to_a_gap(first, pieces), {START: f"{number}:{start}"})
    now = await output.now()
    following = position_after(now, number, start, at_end=True) if now else None
    return Response(b"", media_type=PLAIN, headers=_headers(number, start, following))


async def _while_connected(request: Request, coming: Coroutine[Any, Any, T], *, otherwise: T) -> T:
    """The result of `coming`, or `otherwise` if the client disconnects first."""
    waiting = asyncio.create_task(coming)
    try:
        while not (await asyncio.wait([waiting], timeout=CHECK_SECONDS))[0]:
            if await request.is_disconnected():
                return otherwise
    finally:
        waiting.cancel()
    return waiting.result()


async def _behind_a_gap(pieces: AsyncIterator[Piece], offset: int) -> tuple[int, Piece | None]:
    """The first piece that was kept, and its start. The ring may be overwritten while it is read."""
    async for piece in pieces:
        if not piece.missing:
            return piece.start, piece
        offset = piece.end
    return offset, None


async def _up_to_a_gap(first: Piece | None, others: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    if first:
        yield first.content
        async for piece in others:
            if piece.missing:
                return
            yield piece.content


def _headers(number: int, start: int, following: tuple[int, int] | None) -> dict[str, str]:
    headers = {START: f"{number}:{start}"}
    if following:
        headers[NEXT] = "{}:{}".format(*following)
    return headers


def _stream(content: AsyncIterator[bytes], headers: dict[str, str] | None = None) -> StreamingResponse:
    return StreamingResponse(content, media_type=PLAIN, headers={"X-Accel-Buffering": "no"} | (headers or {}))
