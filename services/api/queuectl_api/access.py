"""How one API process reaches the queue: a writer that shares commits, and a few readers."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from queuectl_api.settings import ApiSettings
from queuectl_core.logs import Logs
from queuectl_core.sqlite.queue import LogKey
from queuectl_core.sqlite.store import Store
from queuectl_core.sqlite.writer import Writer

READERS = 4

Result = TypeVar("Result")


class Access:
    """The process' connections. Both calls raise what the store raises."""

    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        self.database: Path = settings.database_path
        self.logs = Logs(settings.log_dir)
        self._writer = Writer(self.database)
        self._own = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "reader", initializer=self._begin)

    async def write(self, change: Callable[[Store], Result]) -> Result:
        """Have `change` done, together with those of others; returns once it is on the disk."""
        return await asyncio.wrap_future(self._writer.submit(change))

    async def read(self, look: Callable[[Store], Result]) -> Result:
        """Have `look` read, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: look(self._own.store))

    async def delete_logs(self, of: Sequence[LogKey]) -> None:
        """Delete the logs of jobs that were removed."""
        for seq, attempts in of:
            await asyncio.to_thread(self.logs.delete, seq, attempts)

    def close(self) -> None:
        """Finish what waits."""
        self._readers.shutdown()
        self._writer.close()

    def _begin(self) -> None:
        self._own.store = Store(self.database, durable=False)


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


Queue = Annotated[Access, Depends(_access)]
"""What an endpoint asks for in order to reach the queue."""
