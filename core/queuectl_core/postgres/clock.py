"""The database's wall clock, which decides on all hosts what is due, and adjustments when it is set.

See `queuectl_core.sqlite.clock` for the reason. Each host remembers by how much the database's clock is ahead of its
own boot-time clock, which nobody can set, less all steps of the database's clock that any host has noticed so far. If
that changes, the database's clock was set; the first host that notices moves the delays.

But the boot-time clock of a host may stand still (a paused virtual machine), or run at another speed. Then the next
host sees the step undone, and moves the delays back. If a host sees again what another one has undone, it adapts what
it remembers: otherwise the two would move all delays to and fro for ever.
"""

import logging

from queuectl_core.host_clock import boot, uptime
from queuectl_core.store.session import Session
from queuectl_core.store.unique_keys import MOVE_HELD_KEYS

log = logging.getLogger("queuectl.clock")

SET_SECONDS = 1.0
"""Only steps of the wall clock are larger: NTP slews it together with the boot-time clock."""

TOTAL = ""
"""In place of a boot id: the row with the sum of all steps so far."""


class PostgresClock:
    """See Clock."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def now(self) -> float:
        """See Clock."""
        while True:
            now, step = self._read()
            if step == 0.0:
                return now
            self.follow()

    def follow(self) -> None:
        """Move delays and backoffs if the database's clock was set."""
        if self._read()[1] == 0.0:
            return
        with self._session.transaction():
            self._session.lock("clock")
            step = self._read()[1]
            if step and self._was_undone():
                log.warning("the clock of this host and that of the database differ by another %+.0f s", step)
                self._session.execute("UPDATE clock SET ahead = ahead + ? WHERE boot = ?", (step, boot()))
                self._session.execute("UPDATE clock SET total_before = NULL")
            elif step:
                log.warning("the database's clock was set by %+.0f s: moving delays and backoffs with it", step)
                moved = (
                    "UPDATE job SET next_run_at = next_run_at + ? WHERE due = 0 AND next_run_at IS DISTINCT FROM run_at"
                    " RETURNING seq, next_run_at"
                )
                self._session.execute(
                    f"WITH moved AS ({moved}) UPDATE waiting SET at = next_run_at FROM moved"
                    " WHERE waiting.seq = moved.seq",
                    (step,),
                )
                self._session.execute(MOVE_HELD_KEYS, (step,))
                self._session.execute("UPDATE clock SET total_before = ? WHERE boot = ?", (self._total(), boot()))
                self._session.execute(
                    "INSERT INTO clock (boot, ahead) VALUES (?, ?) ON CONFLICT (boot)"
                    " DO UPDATE SET ahead = clock.ahead + excluded.ahead",
                    (TOTAL, step),
                )
            elif step is None:
                self._session.execute("INSERT INTO clock (boot, ahead) VALUES (?, ?)", (boot(), self._ahead()[1]))

    def _was_undone(self) -> bool:
        """Whether another host has undone the last step that this host noticed."""
        before = self._session.value("SELECT total_before FROM clock WHERE boot = ?", (boot(),))
        return before is not None and abs(self._total() - before) < SET_SECONDS

    def _total(self) -> float:
        total: float = self._session.value("SELECT coalesce(sum(ahead), 0) FROM clock WHERE boot = ?", (TOTAL,))
        return total

    def _read(self) -> tuple[float, float | None]:
        """The time, and by how many seconds the clock was set since a host checked last; None: this host never did."""
        known = self._session.value("SELECT ahead FROM clock WHERE boot = ?", (boot(),))
        now, ahead = self._ahead()
        if known is None:
            return now, None
        step = ahead - known
        return now, step if abs(step) >= SET_SECONDS else 0.0

    def _ahead(self) -> tuple[float, float]:
        """The database's time, and how far it is ahead of this host's boot-time clock, less all known steps."""
        while True:
            before = uptime()
            row = self._session.row(
                "SELECT extract(epoch FROM clock_timestamp())::float8,"
                " coalesce((SELECT ahead FROM clock WHERE boot = ?), 0)",
                (TOTAL,),
            )
            after = uptime()
            assert row is not None
            if after - before < SET_SECONDS / 2:  # neither this process nor the database was stopped in between
                return row[0], row[0] - (before + after) / 2 - row[1]
