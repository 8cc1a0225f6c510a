"""Reads the output of a job's attempts: short output from the database, other output from files."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

from queuectl_api.access import Access
from queuectl_core.logs.piece import Piece
from queuectl_core.logs.tail import tail_offset
from queuectl_core.model.errors import JobNotFound
from queuectl_core.model.job import Job
from queuectl_core.model.state import ENDED, State

SHORTEST_PAUSE, LONGEST_PAUSE = 0.03, 0.5
SILENCE_TO_PAUSE = 20
"""The pause is this fraction of the silence so far: many clients may follow a job that runs for hours."""


class Output:
    """The output of one job, by attempt number. `job`: read before any of the output."""

    def __init__(self, access: Access, job: Job) -> None:
        self.job = job
        self._access = access
        self._seq = job.seq

    async def tail_offset(self, attempt: int, lines: int) -> int:
        """The offset of the last `lines` lines."""
        row = await self._row(attempt)
        if row is not None:
            return tail_offset(row, lines)
        return await asyncio.to_thread(self._access.logs.tail_offset, self._seq, attempt, lines)

    async def pieces(self, attempt: int, offset: int) -> AsyncIterator[Piece]:
        """The output so far, from `offset` on."""
        row = await self._row(attempt)
        if row is not None:
            if offset < len(row):
                yield Piece(row[offset:], offset, len(row))
            return
        while (piece := await asyncio.to_thread(self._access.logs.read, self._seq, attempt, offset)).content:
            yield piece
            offset = piece.end

    async def follow(
        self, attempt: int, offset: int, *, through: bool, patience: float = math.inf
    ) -> AsyncIterator[Piece]:
        """The output of `attempt` and, with `through`, of later ones, until the job has ended or is deleted.

        It also ends after `patience` seconds without output.
        """
        last = time.monotonic()
        while True:
            now = await self.now()
            if now is None:
                return
            # Output from before this read is yielded in any case, even if the job has ended.
            async for piece in self.pieces(attempt, offset):
                yield piece
                offset, last = piece.end, time.monotonic()
            if (_over(now, attempt) and not through) or _ended_by(now, attempt):
                return
            if now.attempt > attempt:
                attempt, offset = attempt + 1, 0
            elif time.monotonic() - last > patience:
                return
            else:
                silence = time.monotonic() - last
                await asyncio.sleep(min(max(SHORTEST_PAUSE, silence / SILENCE_TO_PAUSE), LONGEST_PAUSE))

    async def now(self) -> Job | None:
        """The job as it is now; None if it was deleted, even if a new job has its id."""
        try:
            job = await self._access.read(lambda store: store.jobs.get(self.job.id))
        except JobNotFound:
            return None
        return job if job.seq == self._seq else None

    async def _row(self, attempt: int) -> bytes | None:
        return await self._access.read(lambda store: store.jobs.output(self._seq, attempt))


def position_after(job: Job, attempt: int, offset: int, *, at_end: bool) -> tuple[int, int] | None:
    """The attempt and offset at which to continue; None if nothing can follow.

    `at_end`: there was no output at `offset`, so the next attempt follows. `job`: read before the output; if it was
    running then, it may have printed more since.
    """
    if not at_end:
        return attempt, offset
    if _ended_by(job, attempt):
        return None
    return (attempt + 1, 0) if _over(job, attempt) else (attempt, offset)


def _over(job: Job, attempt: int) -> bool:
    return job.attempt > attempt or (job.attempt == attempt and job.state is not State.PROCESSING)


def _ended_by(job: Job, attempt: int) -> bool:
    """Whether the job has ended with this attempt."""
    return job.state in ENDED and job.attempt <= attempt
