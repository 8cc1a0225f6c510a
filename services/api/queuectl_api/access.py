"""How one API process reaches the queue: every endpoint reads and writes by `read` and `write`."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request

from queuectl_api.credentials import RequestActor
from queuectl_api.settings import ApiSettings
from queuectl_core.database_url import is_remote
from queuectl_core.logs.open import open_log_store
from queuectl_core.model.errors import DatabaseBusy, DatabaseUnusable, OutcomeUnknown
from queuectl_core.store.notifier import Listener
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store
from queuectl_core.store.transitions import LogKey
from queuectl_core.store.writer import Outcome, Writer, commit

log = logging.getLogger("queuectl.api")

READERS = 4
BUSY_SECONDS, RETRY_SECONDS = 0.1, 0.001
"""How long a write on the event loop tries again while the database is busy, and how often."""

Result = TypeVar("Result")


class Access:
    """The process' connections. All calls raise what the store raises; writes also NotSignedIn and NotAllowed.

    Most writes, and reads of a row or two, take the database less time than it takes to reach another thread, so they
    run on the event loop. Whatever takes longer runs in a thread, and so does everything while the database is busy or
    unusable, or if it is reached over a network: nobody else waits for that.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        self.logs = open_log_store(settings.log_url)
        self._writer = Writer(settings.store_url)
        self._remote = is_remote(settings.store_url)
        self._on_loop = open_store(settings.store_url, durable=True, busy_seconds=0)
        self._waiting: list[tuple[Callable[[Store], Any], asyncio.Future[Outcome | None]]] = []
        self._thread = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "reader", initializer=self._begin_reader)

    def open(self, *, durable: bool) -> Store:
        """A further store, which the caller closes."""
        return open_store(self.settings.store_url, durable=durable)

    def listen(self) -> Listener:
        """Hear of every commit."""
        return self._on_loop.listen(everything=True)

    async def write(self, change: Callable[[Store], Result], actor: RequestActor, *, bulk: bool = False) -> Result:
        """Do `change`; returns once it is on the disk. `bulk`: it changes many rows.

        The same transaction verifies the actor's credentials, which may have ended since the request began.
        """
        return await self.write_without_actor(actor.verified(change), bulk=bulk)

    async def write_without_actor(self, change: Callable[[Store], Result], *, bulk: bool = False) -> Result:
        """`write` for what no signed-in actor does: upkeep, and signing in."""
        outcome = None if bulk else await self._written_on_loop(change)
        if outcome is None:
            return await asyncio.wrap_future(self._writer.submit(change))
        result, refusal = outcome
        if refusal:
            raise refusal
        return cast("Result", result)

    async def _written_on_loop(self, change: Callable[[Store], Any]) -> Outcome | None:
        """All changes that wait at the same time share one commit. None: do it elsewhere."""
        if self._remote:
            return None
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome | None] = loop.create_future()
        self._waiting.append((change, future))
        if len(self._waiting) == 1:  # the commit is of no single request: it has a context of its own
            loop.call_soon(self._commit, loop.time() + BUSY_SECONDS, context=Context())
        return await future

    def _commit(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        outcomes: Sequence[Outcome | None]
        try:
            outcomes = commit(self._on_loop, [change for change, _ in self._waiting])
        except OutcomeUnknown as fault:  # another try might make the changes twice
            outcomes = [(None, fault)] * len(self._waiting)
        except DatabaseUnusable as fault:
            if isinstance(fault, DatabaseBusy) and loop.time() < deadline:
                loop.call_later(RETRY_SECONDS, self._commit, deadline)
                return
            outcomes = [None] * len(self._waiting)
        except Exception as fault:  # a bug: all that wait must hear of it
            log.exception("a commit of %d writes failed", len(self._waiting))
            outcomes = [(None, fault)] * len(self._waiting)
        waiting, self._waiting = self._waiting, []
        for (_, future), outcome in zip(waiting, outcomes, strict=True):
            if not future.done():  # its request may have been cancelled
                future.set_result(outcome)

    async def read(self, query: Callable[[Store], Result], *, brief: bool = False) -> Result:
        """What `query` reads. `brief`: it reads a row or two."""
        if brief and not self._remote:
            with suppress(DatabaseUnusable):
                return query(self._on_loop)
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: query(self._thread.store))

    async def delete_logs(self, of: Sequence[LogKey]) -> None:
        """Delete the logs of jobs that were removed."""
        for seq, attempts in of:
            await asyncio.to_thread(self.logs.delete, seq, attempts)

    def close(self) -> None:
        """Finish waiting writes."""
        self._readers.shutdown()
        self._writer.close()
        self._on_loop.close()

    def _begin_reader(self) -> None:
        self._thread.store = self.open(durable=False)


async def _access(request: Request) -> Access:  # async, or FastAPI would run it in a thread
    access: Access = request.app.state.access
    return access


QueueAccess = Annotated[Access, Depends(_access)]
"""The parameter of an endpoint that reads or writes the queue."""
