"""Reading what the attempts of a job have printed: from a row where it is short, from files otherwise."""

import asyncio
from collections.abc import AsyncIterator

from queuectl_api.access import Access
from queuectl_core.errors import JobNotFound
from queuectl_core.job import Job
from queuectl_core.logs import Piece, tail_offset
from queuectl_core.state import ENDED, State

POLL_SECONDS = 0.03


class Output:
    """Of one job; attempts are told by their number. `job`: as it was before anything was read."""

    def __init__(self, queue: Access, job: Job) -> None:
        self.job = job
        self._queue = queue
        self._seq = job.seq

    async def tail_offset(self, attempt: int, lines: int) -> int:
        """Where the last `lines` lines begin."""
        row = await self._row(attempt)
        if row is not None:
            return tail_offset(row, lines)
        return await asyncio.to_thread(self._queue.logs.tail_offset, self._seq, attempt, lines)

    async def pieces(self, attempt: int, offset: int) -> AsyncIterator[Piece]:
        """What there is by now, from `offset` on."""
        row = await self._row(attempt)
        if row is not None:
            if offset < len(row):
                yield Piece(row[offset:], offset, len(row))
            return
        while (piece := await asyncio.to_thread(self._queue.logs.read, self._seq, attempt, offset)).content:
            yield piece
            offset = piece.end

    async def follow(self, attempt: int, offset: int, *, through: bool) -> AsyncIterator[Piece]:
        """What `attempt` prints and, with `through`, those after it, until the job has ended or is deleted."""
        while True:
            now = await self.now()
            if now is None:
                return
            # What was printed before that look is read in any case, also where it says that the job has ended.
            async for piece in self.pieces(attempt, offset):
                yield piece
                offset = piece.end
            if (_over(now, attempt) and not through) or _ended_by(now, attempt):
                return
            if now.attempt > attempt:
                attempt, offset = attempt + 1, 0
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def now(self) -> Job | None:
        """The job as it is now; None where it was deleted, whatever has its id since."""
        try:
            job = await self._queue.read(lambda store: store.jobs.get(self.job.id))
        except JobNotFound:
            return None
        return job if job.seq == self._seq else None

    async def _row(self, attempt: int) -> bytes | None:
        return await self._queue.read(lambda store: store.jobs.output(self._seq, attempt))


def position_after(job: Job, attempt: int, offset: int, *, at_end: bool) -> tuple[int, int] | None:
    """Attempt and offset at which to go on behind `offset`; None where nothing can follow.

    `at_end`: nothing was found there, so that the next attempt is what follows. `job`: as it was before that was looked
    for; what one that ran has printed since is still to be read.
    """
    if not at_end:
        return attempt, offset
    if _ended_by(job, attempt):
        return None
    return (attempt + 1, 0) if _over(job, attempt) else (attempt, offset)


def _over(job: Job, attempt: int) -> bool:
    return job.attempt > attempt or (job.attempt == attempt and job.state is not State.PROCESSING)


def _ended_by(job: Job, attempt: int) -> bool:
    """It has ended, and no later attempt was made."""
    return job.state in ENDED and job.attempt <= attempt
