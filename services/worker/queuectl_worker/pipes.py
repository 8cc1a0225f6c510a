"""Reads the output of running commands as it comes, one piece at a time."""

import math
import select
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from queuectl_worker.command import Command
from queuectl_worker.poller import Poller

SETTLE_SECONDS = 0.05
WRITE_AGAIN_SECONDS = 0.5


class Pipes:
    """Of one worker. `warn` is called with the reason if output cannot be written; again only after all could be."""

    def __init__(self, poller: Poller, warn: Callable[[str], None]) -> None:
        self._poller = poller
        self._warn = warn
        self._new: deque[Command] = deque()
        self._blocked: dict[str, Command] = {}
        self._collecting: dict[str, Command] = {}
        self._write_at = 0.0

    def watch(self, command: Command) -> None:
        """Read the output of a command that has just been started."""
        self._new.append(command)
        self._poller.register(command.output.pipe, partial(self._read, command))

    def next_moment(self) -> float:
        """When to call `look`, in seconds of the monotonic clock."""
        settle_at = self._new[0].started_at + SETTLE_SECONDS if self._new else math.inf
        collected_at = min((command.output.write_at for command in self._collecting.values()), default=math.inf)
        return min(settle_at, collected_at, self._write_at if self._blocked else math.inf)

    def look(self, now: float) -> None:
        """Write the first output of commands that do not end immediately, and what is collected long enough.

        Retry what could not be written.
        """
        while self._new and self._new[0].started_at + SETTLE_SECONDS <= now:
            command = self._new.popleft()
            if not command.done:
                self._settle(command)
        for command in [*self._collecting.values()]:
            if command.output.write_at <= now:
                self._settle(command)
            if command.output.write_at == math.inf:
                del self._collecting[command.key]
        if self._blocked and now >= self._write_at:
            self._write_at = now + WRITE_AGAIN_SECONDS
            for command in list(self._blocked.values()):
                command.output.settle()
                self._resume(command)

    def _settle(self, command: Command) -> None:
        command.output.settle()
        if command.output.fault:
            self._block(command)

    def discard(self, command: Command) -> None:
        """It is being stopped: output that cannot be written is lost."""
        command.output.discard()
        self._resume(command)

    def finish(self, command: Command) -> bool:
        """Whether all output of a command that is over has been written."""
        if command.output.finish():
            self._resume(command)
            self._poller.unregister(command.output.pipe)
            return True
        self._block(command)
        return False

    def _read(self, command: Command, events: int) -> None:
        if not command.output.read() and events & select.EPOLLHUP:  # all writing ends are closed
            self._poller.unregister(command.output.pipe)
        elif command.output.fault:
            self._block(command)
        elif command.output.write_at < math.inf:
            self._collecting[command.key] = command

    def _block(self, command: Command) -> None:
        """Stop reading the output of a command while it cannot be written: the command blocks when it prints."""
        self._poller.unregister(command.output.pipe)
        if not self._blocked:
            self._write_at = time.monotonic() + WRITE_AGAIN_SECONDS
            self._warn(str(command.output.fault))
        self._blocked[command.key] = command

    def _resume(self, command: Command) -> None:
        if command.key in self._blocked and not command.output.fault:
            del self._blocked[command.key]
            if command.ended is None:
                self._poller.register(command.output.pipe, partial(self._read, command))
