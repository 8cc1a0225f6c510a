"""Draining: the worker claims nothing more. If a signal asked for it, it exits when its commands have ended."""

import logging
import math
import time

from queuectl_worker.commands import Commands
from queuectl_worker.stop_reason import StopReason

log = logging.getLogger("queuectl.worker")


class Drain:
    """Of one worker. `grace`: seconds that commands may still run after a signal.

    `requested`: nothing more is claimed. `signalled`: the worker is to exit. `stop_at`: when to stop the commands that
    still run, in seconds of the monotonic clock.
    """

    def __init__(self, worker: str, commands: Commands, grace: float) -> None:
        self._worker = worker
        self._commands = commands
        self._grace = grace
        self.requested = False
        self.signalled = False
        self.stop_at = math.inf

    def request(self) -> None:
        """Through the API: the worker stays until a signal comes."""
        if not self.requested:
            self.requested = True
            log.info("worker %s was asked to drain: %d commands still run", self._worker, len(self._commands.running))

    def signal(self) -> None:
        """The first signal starts the grace period, the second one ends it."""
        now = time.monotonic()
        if self.signalled:
            self.stop_at = now
            log.info("worker %s is stopping: immediately", self._worker)
        else:
            self.stop_at = now + self._grace
            running = len(self._commands.running)
            log.info("worker %s is stopping: %d commands have %g s to finish", self._worker, running, self._grace)
        self.requested = self.signalled = True

    def stop_overdue(self, now: float) -> None:
        """Stop the commands when the grace period is over."""
        if now >= self.stop_at:
            self.stop_at = math.inf
            for command in self._commands.running.values():
                self._commands.stopper.stop(command, StopReason.DRAIN)

    @property
    def done(self) -> bool:
        """Whether the worker can exit."""
        return self.signalled and not self._commands.running and not self._commands.finished
