"""The wall clock, and adjustments when it is set.

Leases, timeouts and heartbeats use clocks that cannot be set. Due times of jobs use the wall clock, because they must
survive a reboot. So when the wall clock is set, due times that result from a duration (a delay or backoff) are moved
with it. Absolute times (`run_at`) are not.
"""

import logging
import time

from queuectl_core.host_clock import boot, uptime
from queuectl_core.store.session import Session
from queuectl_core.store.unique_keys import MOVE_HELD_KEYS

log = logging.getLogger("queuectl.clock")

SET_SECONDS = 1.0
"""Only steps of the wall clock are larger: NTP slews it together with the boot-time clock."""


class SqliteClock:
    """Compares the difference between wall clock and boot-time clock with the one stored by any process."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def now(self) -> float:
        """The wall clock time, for writing due times or comparing with them, after they have been adjusted.

        Call it inside a transaction, because others may move due times after it.
        """
        while True:
            self.follow()
            now = time.time()
            if self._step() == 0.0:  # not set in the meantime
                return now

    def follow(self) -> None:
        """Adjust due times if the wall clock was set."""
        if self._step() == 0.0:
            return  # without taking the lock
        with self._session.transaction():
            step = self._step()
            if step:
                log.warning("the wall clock was set by %+.0f s: moving delays and backoffs with it", step)
                self._session.execute(
                    "UPDATE job SET next_run_at = next_run_at + ? WHERE due = 0 AND next_run_at IS NOT run_at",
                    (step,),
                )
                self._session.execute(MOVE_HELD_KEYS, (step,))
                self._session.execute("UPDATE clock SET ahead = ahead + ?", (step,))
            elif step is None:
                self._session.execute("DELETE FROM clock")
                self._session.execute("INSERT INTO clock (boot, ahead) VALUES (?, ?)", (boot(), _ahead()))

    def _step(self) -> float | None:
        """By how many seconds the clock was set since the last check; None: not checked since the host booted."""
        ahead = self._session.value("SELECT ahead FROM clock WHERE boot = ?", (boot(),))
        if ahead is None:
            return None
        step: float = _ahead() - ahead
        return step if abs(step) >= SET_SECONDS else 0.0


def _ahead() -> float:
    while True:
        before, now, after = uptime(), time.time(), uptime()
        if after - before < SET_SECONDS / 10:  # the process was not stopped in between
            return now - before
