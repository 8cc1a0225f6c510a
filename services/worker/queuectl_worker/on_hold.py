"""While a worker is on hold, it neither reports nor claims. Reasons are a full disk and a locked database."""

import logging
import time
from contextlib import suppress

from queuectl_core.logs.store import LogStore
from queuectl_core.model.errors import QueueError
from queuectl_core.model.hold import Hold
from queuectl_worker.registration import Registration

log = logging.getLogger("queuectl.worker")

SECONDS = 0.5
RESERVE_BYTES = 16 << 20


class OnHold:
    """Of one worker. Nothing is lost: everything is tried again after `until`, in seconds of the monotonic clock."""

    def __init__(self, own: Registration, logs: LogStore) -> None:
        self._own = own
        self._logs = logs
        self._hold: Hold | None = None
        self._no_logs = False
        self.until = 0.0

    def output_failed(self, fault: str) -> None:
        """Put the worker on hold because a command's output cannot be written."""
        self._no_logs = True
        self.begin(f"output cannot be written to {self._logs.location}: {fault}; commands that print are blocked")

    def begin(self, reason: str) -> None:
        """Put the worker on hold for SECONDS. A new reason is published."""
        hold = Hold(reason, output_waits=self._no_logs)
        if self._hold is None:
            log.error("on hold: %s", reason)
        if hold != self._hold:
            self._hold = hold
            self._publish()
        self.until = time.monotonic() + SECONDS

    def resume(self, now: float) -> None:
        """End the hold if its time is over and there is room."""
        if self._hold and now >= self.until and self.has_room():
            log.info("resumed")
            self._hold = None
            self._publish()

    def has_room(self) -> bool:
        """Whether the output of a new command could be written; if not, this puts the worker on hold."""
        if self._no_logs:
            try:
                self._logs.check_writable()
            except OSError as fault:
                self.begin(f"no log can be written to {self._logs.location}: {fault.strerror}")
                return False
            self._no_logs = False
        free = self._logs.free_bytes()
        if free < RESERVE_BYTES:
            self.begin(f"{free >> 20} MiB are left for logs, {RESERVE_BYTES >> 20} MiB are required")
        return free >= RESERVE_BYTES

    def _publish(self) -> None:
        with suppress(QueueError):  # it is logged anyway
            self._own.hold(self._hold)
