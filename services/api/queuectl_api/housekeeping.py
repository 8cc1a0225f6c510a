"""What must happen now and then, whoever does it: each API process does, and finds it done by another."""

import asyncio
import logging
import time

from queuectl_api.access import Access
from queuectl_api.first_token import provide_token
from queuectl_core.errors import QueueError
from queuectl_core.logs import Logs
from queuectl_core.sqlite.store import Store

log = logging.getLogger("queuectl.api")

EVERY_SECONDS = 2.0
COMPACT_EVERY_SECONDS = 60.0
SWEEP_EVERY_SECONDS = 3600.0
DAY_SECONDS = 86_400.0


async def keep_house(queue: Access, provided: bool) -> None:
    """Reap workers that are gone, trim journal, series and audit log, delete what has had its time; for ever.

    Where the first token could not be provided, that is done as soon as it can be.
    """
    compact_at, sweep_at, told = 0.0, 0.0, ""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            if not provided:
                await asyncio.to_thread(provide_token, queue.settings)
                provided = True
            await queue.read(lambda store: _tidy(store, queue.logs))
            if time.monotonic() >= compact_at:
                await queue.read(lambda store: _forget(store, queue.settings.audit_days))
                compact_at = time.monotonic() + COMPACT_EVERY_SECONDS
            if time.monotonic() >= sweep_at:
                await queue.read(lambda store: _sweep(store, queue.logs))
                sweep_at = time.monotonic() + SWEEP_EVERY_SECONDS
            told = ""
        except (QueueError, OSError) as fault:
            if str(fault) != told:
                log.warning("housekeeping put off: %s", fault)
            told = str(fault)
        except Exception:  # a fault of ours must not end what keeps the house
            log.exception("housekeeping failed")


def _tidy(store: Store, logs: Logs) -> None:
    for worker in store.workers.reap():
        log.warning("worker %s was lost: its heartbeats stopped", worker)
    store.events.trim()
    retention = store.config.numbers()["retention"]
    while retention and (expired := store.queue.expire(retention)):
        for seq, attempts in expired:
            logs.delete(seq, attempts)


def _forget(store: Store, audit_days: float) -> None:
    store.series.compact()
    store.tokens.tidy()
    while store.audit.trim(before=time.time() - audit_days * DAY_SECONDS):
        pass


def _sweep(store: Store, logs: Logs) -> None:
    """Logs can be left where this system was killed between the removal of a job and that of its logs."""

    def existing(seqs: range) -> set[int]:
        with store.transaction():  # a restore puts logs into their place before it commits
            return store.jobs.existing(seqs)

    removed = logs.sweep(existing)
    if removed:
        log.info("%d logs of jobs that are no more were removed", removed)
