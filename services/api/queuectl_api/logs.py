"""The output of attempts, as it was written, or as it is being written."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, Self, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.output import Output, position_after
from queuectl_api.problems import Responses, documented
from queuectl_api.streams import LOOK_SECONDS, STREAM
from queuectl_core.logs import Piece

router = APIRouter(prefix="/logs", tags=["logs"], responses=documented(503, 507))

PLAIN = "text/plain; charset=utf-8"
MOST_AT_ONCE = 1 << 20

T = TypeVar("T")


class Wanted(BaseModel):
    """Which part of the output."""

    model_config = ConfigDict(extra="forbid")

    attempt: int | None = Field(None, ge=1, le=2**31, description="Of this attempt; else of the latest.")
    offset: int | None = Field(
        None, ge=0, le=2**62, description="From this byte on, as printed by the attempt. See `Output-Next`."
    )
    tail: int | None = Field(None, ge=0, le=1_000_000, description="Its last lines only.")
    follow: bool = Field(False, description="Stream until the job has ended, through its retries.")

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
    responses=TEXT | documented(404, 422),
)
async def read(id: str, wanted: Annotated[Wanted, Query()], queue: Queue, request: Request) -> Response:
    """The captured output of a job, stdout and stderr in the order written; empty where nothing was printed yet.

    Bytes that were not kept are told of in a line of the answer. Not so with `offset`: the answer then ends before such
    a gap, at the end of an attempt, or after 1 MiB. `Output-Start` says where its first byte is, as in `1:2048`: behind
    the gap, if it was to begin there. `Output-Next` says where to go on, in the next attempt if this one is over, which
    need not have begun; it is missing where nothing can follow. A stream (`follow`) that has something to send names
    only its start.
    """
    job = await queue.read(lambda store: store.jobs.get(id))
    # A reader who was sent on to the next attempt need not wait until it has begun.
    if wanted.attempt and wanted.attempt > job.attempt + (wanted.offset is not None):
        raise HTTPException(404, f"job {id!r} has no attempt {wanted.attempt}: it had {job.attempt} so far")
    output = Output(queue, job)
    number = wanted.attempt or max(job.attempt, 1)
    if wanted.offset is not None:
        if wanted.follow:
            return await _followed_from(output, number, wanted.offset, request)
        return await _from(output, number, wanted.offset)
    offset = 0 if wanted.tail is None else await output.tail_offset(number, wanted.tail)
    pieces = (
        output.follow(number, offset, through=wanted.attempt is None)
        if wanted.follow
        else output.pieces(number, offset)
    )
    return _stream(piece.content async for piece in pieces)


async def _from(output: Output, number: int, offset: int) -> Response:
    """What is at a position by now, up to the next gap."""
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
    """What comes at a position, waited for; where nothing does, where to go on."""
    pieces = output.follow(number, offset, through=False)
    start, first = await _while_connected(request, _behind_a_gap(pieces, offset), otherwise=(offset, None))
    if first:
        return _stream(_up_to_a_gap(first, pieces), {START: f"{number}:{start}"})
    now = await output.now()
    following = position_after(now, number, start, at_end=True) if now else None
    return Response(b"", media_type=PLAIN, headers=_headers(number, start, following))


async def _while_connected(request: Request, coming: Coroutine[Any, Any, T], *, otherwise: T) -> T:
    """What is waited for; `otherwise` where the caller has gone, who would be waited for without end."""
    waiting = asyncio.create_task(coming)
    try:
        while not (await asyncio.wait([waiting], timeout=LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                return otherwise
    finally:
        waiting.cancel()
    return waiting.result()


async def _behind_a_gap(pieces: AsyncIterator[Piece], offset: int) -> tuple[int, Piece | None]:
    """The first piece that was kept, and where it begins. A ring may be overwritten again while it is read."""
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
