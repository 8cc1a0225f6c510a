"""How one API process reaches the queue: a writer that shares commits, and a few readers."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request

from queuectl_api.credentials import Actor
from queuectl_api.settings import ApiSettings
from queuectl_core.errors import DatabaseBusy, DatabaseUnusable
from queuectl_core.logs import Logs
from queuectl_core.sqlite.queue import LogKey
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.writer import Outcome, Writer, commit

log = logging.getLogger("queuectl.api")

READERS = 4
LOCKED_SECONDS, RETRY_SECONDS = 0.1, 0.001

Result = TypeVar("Result")


class Access:
    """The process' connections. All calls raise what the store raises; writes also NotSignedIn and NotAllowed."""

    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        self.database: Path = settings.database_path
        self.logs = Logs(settings.log_dir)
        self._writer = Writer(self.database)
        self._here = Store(self.database, durable=True, busy_seconds=0)
        self._waiting: list[tuple[Callable[[Store], Any], asyncio.Future[Outcome | None]]] = []
        self._own = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "reader", initializer=self._begin)

    async def write(self, change: Callable[[Store], Result], by: Actor) -> Result:
        """Have `change` done, together with those of others; returns once it is on the disk.

        The actor's credentials are verified in the same transaction: since the request began they may have ended.
        """
        return await self.write_internal(by.verified(change))

    async def write_internal(self, change: Callable[[Store], Result]) -> Result:
        """The same for what is done without credentials: housekeeping, and signing in."""
        return await asyncio.wrap_future(self._writer.submit(change))

    async def write_here(self, change: Callable[[Store], Result], by: Actor) -> Result:
        """`write` for what takes the database less time than it takes to reach another thread.

        All that comes at the same time shares one commit, on the event loop itself. Where the database is in trouble,
        or locked for longer than others' commits take, that is waited for elsewhere.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome | None] = loop.create_future()
        self._waiting.append((by.verified(change), future))
        if len(self._waiting) == 1:
            loop.call_soon(self._commit, loop.time() + LOCKED_SECONDS)
        outcome = await future
        if outcome is None:
            return await self.write(change, by)
        result, refusal = outcome
        if refusal:
            raise refusal
        return cast("Result", result)

    def _commit(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        outcomes: Sequence[Outcome | None]
        try:
            outcomes = commit(self._here, [change for change, _ in self._waiting])
        except DatabaseUnusable as fault:
            if isinstance(fault, DatabaseBusy) and loop.time() < deadline:
                loop.call_later(RETRY_SECONDS, self._commit, deadline)
                return
            outcomes = [None] * len(self._waiting)
        except Exception as fault:  # of ours: whoever waits must hear of it
            log.exception("a commit of %d writes failed", len(self._waiting))
            outcomes = [(None, fault)] * len(self._waiting)
        waiting, self._waiting = self._waiting, []
        for (_, future), outcome in zip(waiting, outcomes, strict=True):
            if not future.done():  # nobody waits for it any more
                future.set_result(outcome)

    async def read(self, look: Callable[[Store], Result]) -> Result:
        """Have `look` read, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: look(self._own.store))

    async def glance(self, look: Callable[[Store], Result]) -> Result:
        """Read a row or two on the event loop itself, as that takes less time than to leave it.

        Where the database is locked or in trouble, off it: nobody else waits for that.
        """
        try:
            return look(self._here)
        except DatabaseUnusable:
            return await self.read(look)

    async def delete_logs(self, of: Sequence[LogKey]) -> None:
        """Delete the logs of jobs that were removed."""
        for seq, attempts in of:
            await asyncio.to_thread(self.logs.delete, seq, attempts)

    def close(self) -> None:
        """Finish what waits."""
        self._readers.shutdown()
        self._writer.close()
        self._here.close()

    def _begin(self) -> None:
        self._own.store = Store(self.database, durable=False)


async def _access(request: Request) -> Access:  # not off the event loop: it would be run in a thread
    access: Access = request.app.state.access
    return access


Queue = Annotated[Access, Depends(_access)]
"""What an endpoint asks for in order to reach the queue."""
