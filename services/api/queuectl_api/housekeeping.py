"""What must happen now and then, whoever does it: each API process does, and finds it done by another."""

import asyncio
import logging

from queuectl_api.access import Access
from queuectl_core.errors import QueueError
from queuectl_core.logs import Logs
from queuectl_core.sqlite.store import Store

log = logging.getLogger("queuectl.api")

EVERY_SECONDS = 2.0


async def keep_house(queue: Access) -> None:
    """Reap workers that are gone, trim the journal, delete what is older than the retention; for ever."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await queue.read(lambda store: _tidy(store, queue.logs))
        except QueueError as fault:
            log.warning("housekeeping put off: %s", fault)


def _tidy(store: Store, logs: Logs) -> None:
    for worker in store.workers.reap():
        log.warning("worker %s was lost: its heartbeats stopped", worker)
    store.events.trim()
    retention = store.config.get("retention").value
    while retention and (expired := store.queue.expire(retention)):
        for seq, attempts in expired:
            logs.delete(seq, attempts)
