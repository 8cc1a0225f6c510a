"""The output of attempts, as it was written, or as it is being written."""

from collections.abc import AsyncIterator
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from queuectl_api.access import Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.output import Output
from queuectl_api.problems import Responses, documented
from queuectl_api.streams import STREAM
from queuectl_core.logs import Piece

router = APIRouter(prefix="/logs", tags=["logs"], responses=documented(503, 507))

PLAIN = "text/plain; charset=utf-8"
MOST_AT_ONCE = 1 << 20


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
async def read(id: str, wanted: Annotated[Wanted, Query()], queue: Queue) -> Response:
    """The captured output of a job, stdout and stderr in the order written; empty where nothing was printed yet.

    Bytes that were not kept are told of in a line of the answer. Not so with `offset`: the answer then ends before such
    a gap, at the end of an attempt, or after 1 MiB. `Output-Start` says where its first byte is, as in `1:2048`: behind
    the gap, if it was to begin there. `Output-Next` says where to go on, in the next attempt if this one is over, and
    is missing where nothing can follow. A stream (`follow`) that has something to send names only its start.
    """
    job = await queue.read(lambda store: store.jobs.get(id))
    if wanted.attempt and wanted.attempt > job.attempt:
        raise HTTPException(404, f"job {id!r} has no attempt {wanted.attempt}: it had {job.attempt} so far")
    output = Output(queue, job.id, job.seq)
    number = wanted.attempt or max(job.attempt, 1)
    headers = {"X-Accel-Buffering": "no"}
    if wanted.offset is not None:
        return await _from(output, number, wanted.offset, headers, follow=wanted.follow)
    offset = 0 if wanted.tail is None else await output.tail_offset(number, wanted.tail)
    pieces = (
        output.follow(number, offset, through=wanted.attempt is None)
        if wanted.follow
        else output.pieces(number, offset)
    )
    return _stream((piece.content async for piece in pieces), headers)


async def _from(output: Output, number: int, offset: int, headers: dict[str, str], *, follow: bool) -> Response:
    """What is at a position, up to the next gap; with `follow`, waited for."""
    start = offset
    pieces = output.follow(number, offset, through=False) if follow else output.pieces(number, offset)
    first = await anext(pieces, None)
    if first and first.missing:
        start = first.end
        first = await anext(pieces, None)
    headers[START] = f"{number}:{start}"
    if follow and first:
        return _stream(_up_to_a_gap(first, pieces), headers)
    content = bytearray()
    async for part in _up_to_a_gap(first, pieces):
        content += part
        if len(content) >= MOST_AT_ONCE:
            break
    following = await output.position_after(number, start + len(content), at_end=not content)
    if following:
        headers[NEXT] = "{}:{}".format(*following)
    return Response(bytes(content), media_type=PLAIN, headers=headers)


async def _up_to_a_gap(first: Piece | None, others: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    if first:
        yield first.content
        async for piece in others:
            if piece.missing:
                return
            yield piece.content


def _stream(content: AsyncIterator[bytes], headers: dict[str, str]) -> StreamingResponse:
    return StreamingResponse(content, media_type=PLAIN, headers=headers)
