"""Monitors running commands: what they use, and whether they stay within their limits."""

import math
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress

from queuectl_core.model.usage import Usage
from queuectl_worker import tree
from queuectl_worker.command import Command
from queuectl_worker.orphans import Orphans

USAGE_SECONDS = 1.0
LIMITS_SECONDS = 0.1


class Monitor:
    """Of one worker. `usage_at`, `limits_at`: when to call again, in seconds of the monotonic clock."""

    def __init__(self, orphans: Orphans) -> None:
        self._orphans = orphans
        self.usage_at = 0.0
        self.limits_at = math.inf

    def started(self, command: Command) -> None:
        """Check it soon if it has limits."""
        if command.limits:
            self.limits_at = min(self.limits_at, command.started_at + LIMITS_SECONDS)

    def usage(self, commands: Iterable[Command], now: float) -> dict[str, Usage]:
        """What commands use that have run for a second, once a second: short ones cost no scan of /proc."""
        if now < self.usage_at:
            return {}
        self.usage_at = now + USAGE_SECONDS
        seen = [command for command in commands if now - command.started_at >= USAGE_SECONDS]
        at = time.time()
        return {
            family.command.key: Usage(at, *family.command.meter.look(family.of_root, family.orphans))
            for family in (self._orphans.families(seen) if seen else ())
        }

    def enforce_limits(self, commands: Iterable[Command], now: float) -> None:
        """Kill what exceeds one of its limits, again and again until it has ended."""
        if now < self.limits_at:
            return
        limited = [command for command in commands if command.limits]
        self.limits_at = now + LIMITS_SECONDS if limited else math.inf
        if not limited:
            return
        self._orphans.kill_strays(self._orphans.all())  # strays would not be counted
        for command in limited:
            self._kill_crowd(command)
        for command, of_root, orphans in self._orphans.families(limited):
            command.exceeded = command.exceeded or command.meter.exceeded(command.limits, of_root, orphans)
            if command.exceeded:
                tree.kill([*of_root, *(process for left in orphans.values() for process in left)])

    def _kill_crowd(self, command: Command) -> None:
        """Kill a fork bomb at once, since measuring all of it takes too long."""
        crowded = "processes" in command.limits and tree.crowded(command.root, command.limits["processes"])
        if crowded and command.ended is None:
            command.exceeded = command.exceeded or "processes"
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(command.root, signal.SIGKILL)
