"""Stopping commands: SIGTERM to the whole process tree, and SIGKILL after the grace period."""

import math
import signal
import time

from queuectl_worker import tree
from queuectl_worker.command import Command
from queuectl_worker.orphans import Orphans
from queuectl_worker.pipes import Pipes
from queuectl_worker.stop_reason import StopReason

KILL_AGAIN_SECONDS = 0.05
"""Between two SIGKILLs, in case the tree grew during the first one."""


class Stopper:
    """Of a worker's `running` commands. `kill_grace`: seconds between SIGTERM and SIGKILL."""

    def __init__(self, running: dict[str, Command], orphans: Orphans, pipes: Pipes, kill_grace: float) -> None:
        self._running = running
        self._orphans = orphans
        self._pipes = pipes
        self._kill_grace = kill_grace

    def stop(self, command: Command, reason: StopReason) -> None:
        """SIGTERM now, SIGKILL after the grace period. Nothing if it is being stopped already."""
        if command.stop_reason is None:
            command.stop_reason = reason
            command.stop_at = math.inf
            command.kill_at = time.monotonic() + self._kill_grace
            self._signal(command, signal.SIGTERM)

    def lose(self, command: Command) -> None:
        """SIGKILL; its result must not be reported."""
        if command.stop_reason is not StopReason.LOST:
            command.stop_reason = StopReason.LOST
            command.kill_at = 0.0
            self._pipes.discard(command)

    def stop_overdue(self, now: float) -> None:
        """Stop commands that have timed out, and kill those that outlast their grace period."""
        for command in self._running.values():
            if now >= command.deadline:
                command.deadline = math.inf
                self.stop(command, StopReason.TIMEOUT)
            if now >= command.kill_at and command.ended is None:
                command.kill_at = now + KILL_AGAIN_SECONDS
                self._signal(command, signal.SIGKILL)

    def _signal(self, command: Command, number: int) -> None:
        self._pipes.discard(command)
        roots = self._orphans.by_command(self._orphans.all()).get(command.key, [])
        if command.ended is None:
            # In a sandbox, SIGTERM goes to the command rather than to bubblewrap, whose end kills everything inside.
            inside = command.claim.sandbox and number != signal.SIGKILL
            roots += tree.children(command.root) if inside else [command.root]
        tree.send(number, roots)

    def stop_leftovers(self, command: Command, orphans: list[int]) -> None:
        """Once its root has ended: SIGTERM after the leftover grace, then SIGKILL, to its `orphans`."""
        now = time.monotonic()
        if min(command.stop_at, command.kill_at) > now:
            return
        if not (command.leftovers or command.stop_reason or command.exceeded):
            processes = tree.Processes()
            command.leftovers = len({process.pid for pid in orphans for process in processes.tree(pid)})
        if command.kill_at <= now:
            command.kill_at = now + KILL_AGAIN_SECONDS
            tree.send(signal.SIGKILL, orphans)
        else:
            command.stop_at, command.kill_at = math.inf, now + self._kill_grace
            tree.send(signal.SIGTERM, orphans)
