"""The output of attempts, as it was written, or as it is being written."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from queuectl_api.access import Access, Queue
from queuectl_api.authentication import VIEWER
from queuectl_api.problems import Responses, documented
from queuectl_api.streams import STREAM
from queuectl_core.errors import JobNotFound
from queuectl_core.job import Job
from queuectl_core.logs import Piece
from queuectl_core.state import ENDED, State

router = APIRouter(prefix="/logs", tags=["logs"], responses=documented(503, 507))

POLL_SECONDS = 0.03


class Wanted(BaseModel):
    """Which part of the output."""

    model_config = ConfigDict(extra="forbid")

    attempt: int | None = Field(None, ge=1, le=2**31, description="Of this attempt; else of the latest.")
    tail: int | None = Field(None, ge=0, le=1_000_000, description="Its last lines only.")
    follow: bool = Field(False, description="Stream until the job has ended, through its retries.")


TEXT: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "hello\n"}}}}


@router.get(
    "/{id}",
    operation_id="readLog",
    dependencies=[VIEWER, STREAM],
    response_class=StreamingResponse,
    responses=TEXT | documented(404, 422),
)
async def read(id: str, wanted: Annotated[Wanted, Query()], queue: Queue) -> StreamingResponse:
    """The captured output of a job, stdout and stderr in the order written; empty where nothing was printed yet."""
    job = await queue.read(lambda store: store.jobs.get(id))
    if wanted.attempt and wanted.attempt > job.attempt:
        raise HTTPException(404, f"job {id!r} has no attempt {wanted.attempt}: it had {job.attempt} so far")
    number = wanted.attempt or max(job.attempt, 1)
    offset = 0
    if wanted.tail is not None:
        tail = wanted.tail
        offset = await asyncio.to_thread(queue.logs.tail_offset, job.seq, number, tail)
    output = (
        _follow(queue, job, number, offset, through=wanted.attempt is None)
        if wanted.follow
        else (piece.content async for piece in _rest(queue, job, number, offset))
    )
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(output, media_type="text/plain; charset=utf-8", headers=headers)


async def _rest(queue: Access, job: Job, number: int, offset: int) -> AsyncIterator[Piece]:
    while (piece := await asyncio.to_thread(queue.logs.read, job.seq, number, offset)).content:
        yield piece
        offset = piece.end


async def _follow(queue: Access, job: Job, number: int, offset: int, *, through: bool) -> AsyncIterator[bytes]:
    """What attempt `number` writes and, with `through`, those after it, until the job has ended or is deleted."""
    while True:
        try:
            now = await queue.read(lambda store: store.jobs.get(job.id))
        except JobNotFound:
            return
        # What was written before that look is read in any case, also where it says that the job has ended.
        async for piece in _rest(queue, job, number, offset):
            yield piece.content
            offset = piece.end
        over = now.attempt > number or (now.attempt == number and now.state is not State.PROCESSING)
        if now.seq != job.seq or (over and not through) or (now.state in ENDED and now.attempt <= number):
            return
        if now.attempt > number:
            number, offset = number + 1, 0
        else:
            await asyncio.sleep(POLL_SECONDS)
