"""Reading what the attempts of a job have printed: from a row where it is short, from files otherwise."""

import asyncio
from collections.abc import AsyncIterator

from queuectl_api.access import Access
from queuectl_core.errors import JobNotFound
from queuectl_core.job import Job
from queuectl_core.logs import Piece, last_lines
from queuectl_core.state import ENDED, State

POLL_SECONDS = 0.03


class Output:
    """Of one job; attempts are told by their number."""

    def __init__(self, queue: Access, job_id: str, seq: int) -> None:
        self._queue = queue
        self._job_id = job_id
        self._seq = seq

    async def tail_offset(self, attempt: int, lines: int) -> int:
        """Where the last `lines` lines begin."""
        row = await self._row(attempt)
        if row is not None:
            return last_lines(row, lines)
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
            now = await self._job()
            if now is None:
                return
            # What was printed before that look is read in any case, also where it says that the job has ended.
            async for piece in self.pieces(attempt, offset):
                yield piece
                offset = piece.end
            if (_over(now, attempt) and not through) or (now.state in ENDED and now.attempt <= attempt):
                return
            if now.attempt > attempt:
                attempt, offset = attempt + 1, 0
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def position_after(self, attempt: int, offset: int, *, at_end: bool) -> tuple[int, int] | None:
        """Attempt and offset at which to go on behind `offset`; None where nothing can follow.

        `at_end`: nothing was found there, so that the next attempt is what follows.
        """
        now = await self._job()
        if now is None:
            return None
        if not at_end or not _over(now, attempt):
            return attempt, offset
        return None if now.state in ENDED and now.attempt <= attempt else (attempt + 1, 0)

    async def _row(self, attempt: int) -> bytes | None:
        return await self._queue.read(lambda store: store.jobs.output(self._seq, attempt))

    async def _job(self) -> Job | None:
        """As it is now; None where it was deleted, whatever has its id since."""
        try:
            job = await self._queue.read(lambda store: store.jobs.get(self._job_id))
        except JobNotFound:
            return None
        return job if job.seq == self._seq else None


def _over(job: Job, attempt: int) -> bool:
    return job.attempt > attempt or (job.attempt == attempt and job.state is not State.PROCESSING)
