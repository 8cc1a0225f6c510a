"""Fires schedules. Each API process does it; the database decides which of them fires what."""

import asyncio

from queuectl_api.access import Access
from queuectl_api.background import FailureLog
from queuectl_api.wake_ups import WakeUps
from queuectl_core.store.store import Store

LONGEST_SECONDS = 1.0
"""Look again at the latest after this time: the clock may have been set, or the computer have slept."""

SHORTEST_SECONDS = 0.2
"""Changes of the queue come much more often than anything that concerns schedules."""


async def fire_schedules(access: Access, wake_ups: WakeUps) -> None:
    """Fire what is due, for ever."""
    failures = FailureLog("no schedule can fire for now", "firing failed")
    while True:
        notified = wake_ups.next()
        seconds = LONGEST_SECONDS
        with failures.round():
            seconds = await _fire(access)
        await asyncio.sleep(min(seconds, SHORTEST_SECONDS))
        await _until(notified, min(seconds, LONGEST_SECONDS) - SHORTEST_SECONDS)


async def _fire(access: Access) -> float:
    """Fire all that is due; returns in how many seconds something is due."""
    while not (seconds := await access.read(lambda store: store.fires.wait(), brief=True)):
        await access.write_without_actor(_step, bulk=True)
    return seconds


def _step(store: Store) -> None:
    store.fires.fire()


async def _until(notified: asyncio.Event, seconds: float) -> None:
    if seconds > 0:
        try:
            async with asyncio.timeout(seconds):
                await notified.wait()
        except TimeoutError:
            return
