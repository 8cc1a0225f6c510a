"""Periodic upkeep. Each API process runs it, and finds nothing to do if another one has just done it."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from queuectl_api.access import Access
from queuectl_api.background import FailureLog
from queuectl_api.first_token import provide_token
from queuectl_core.logs.store import LogStore
from queuectl_core.store.store import Store

log = logging.getLogger("queuectl.api")

ROUND_SECONDS = 2.0
DAY_SECONDS = 86_400.0

EACH_ROUND = 0.0
ONCE = math.inf


@dataclass
class Periodic:
    """`what`, in the first round that begins `every` seconds or more after the round of its last success."""

    every: float
    what: Callable[[Store], object]
    due_at: float = 0.0


def upkeep(access: Access, provided: bool) -> list[Periodic]:
    """All upkeep, in order. `provided`: whether the first token was provided at the start."""
    settings = access.settings
    return [
        *([] if provided else [Periodic(ONCE, lambda _: provide_token(settings))]),
        Periodic(EACH_ROUND, lambda store: _tidy(store, access.logs)),
        Periodic(60.0, lambda store: _forget(store, settings.audit_days)),
        Periodic(3600.0, lambda store: _sweep(store, access.logs)),
        Periodic(EACH_ROUND, lambda store: store.space.give_back()),  # last: on a full disk it may fail
    ]


async def run_housekeeping(access: Access, provided: bool) -> None:
    """Do the upkeep in rounds, for ever. A failure puts off the rest of its round."""
    periodic = upkeep(access, provided)
    failures = FailureLog("housekeeping put off", "housekeeping failed")
    while True:
        await asyncio.sleep(ROUND_SECONDS)
        with failures.round():
            await _round(access, periodic)


async def _round(access: Access, periodic: list[Periodic]) -> None:
    began = time.monotonic()
    for one in periodic:
        if began >= one.due_at:
            await access.read(one.what)
            one.due_at = began + one.every


def _tidy(store: Store, logs: LogStore) -> None:
    for worker in store.workers.reap_expired():
        log.warning("worker %s was lost: its heartbeats stopped", worker)
    store.feed.trim()
    retention = store.config.numbers()["retention"]
    while retention and (expired := store.actions.expire(retention)):
        for seq, attempts in expired:
            logs.delete(seq, attempts)


def _forget(store: Store, audit_days: float) -> None:
    store.series.compact()
    store.tokens.tidy()
    while store.audit.trim(before=time.time() - audit_days * DAY_SECONDS):
        pass
    while store.answers.trim():
        pass


def _sweep(store: Store, logs: LogStore) -> None:
    """Delete the logs of removed jobs. They are left behind if the system is killed between removing both."""

    def existing(seqs: range) -> set[int]:
        with store.transaction():  # a restore moves logs into place before it commits
            return store.jobs.existing(seqs)

    removed = logs.sweep(existing)
    if removed:
        log.info("%d logs of removed jobs were deleted", removed)
