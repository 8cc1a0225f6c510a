"""The wall clock, and what is done when somebody sets it.

Leases, timeouts and heartbeats rest on clocks that cannot be set. What waits in the queue waits for a time of day,
as it must outlive the machine's restart: so, when the wall clock is set, what was asked for as a duration (a delay,
a backoff) is moved with it. What was asked for as a time of day (`run_at`) follows the clock.
"""

import logging
import time
from functools import cache
from pathlib import Path

from queuectl_core.sqlite.database import Database

log = logging.getLogger("queuectl.clock")

SET_SECONDS = 1.0
"""A clock that is disciplined by NTP is slewed together with the clock since the start; only a step is more."""


def uptime() -> float:
    """Seconds since the machine started, asleep or not; all its processes see the same, nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def boot() -> str:
    """Which start of the machine this is."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Clock:
    """Compares the two clocks with how they last stood to each other, as seen by any process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def now(self) -> float:
        """The time of day, which what waits has followed: for whoever writes or compares such times.

        Inside a transaction only, as others may go on to move them after it.
        """
        while True:
            self.follow()
            now = time.time()
            if self._step() == 0.0:  # not set in between
                return now

    def follow(self) -> None:
        """Move what waits for a duration, where the wall clock was set."""
        if self._step() == 0.0:
            return  # without taking the lock
        with self._db.transaction():
            step = self._step()
            if step:
                log.warning("the wall clock was set by %+.0f s: delays and backoffs are moved with it", step)
                self._db.execute(
                    "UPDATE job SET next_run_at = next_run_at + ? WHERE due = 0 AND next_run_at IS NOT run_at",
                    (step,),
                )
                self._db.execute("UPDATE clock SET ahead = ahead + ?", (step,))
            elif step is None:
                self._db.execute("DELETE FROM clock")
                self._db.execute("INSERT INTO clock (boot, ahead) VALUES (?, ?)", (boot(), _ahead()))

    def _step(self) -> float | None:
        """By how many seconds it was set since the last look; None: it was not looked at since the machine started."""
        ahead = self._db.value("SELECT ahead FROM clock WHERE boot = ?", (boot(),))
        if ahead is None:
            return None
        step: float = _ahead() - ahead
        return step if abs(step) >= SET_SECONDS else 0.0


def _ahead() -> float:
    while True:
        before, now, after = uptime(), time.time(), uptime()
        if after - before < SET_SECONDS / 10:  # not stopped in between
            return now - before
