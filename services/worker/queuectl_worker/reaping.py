"""Reaping processes that have ended: roots of commands, orphans, and those that have removed files."""

import os
import signal
import time
from contextlib import suppress

from queuectl_worker.cleanup import Cleanup
from queuectl_worker.command import Command

MAX_AT_ONCE = 2000
SANDBOX_TRIES, SANDBOX_SECONDS = 100, 0.001


class Reaper:
    """Of one worker.

    `children`: the commands by the pids of the processes that the worker has started for them. `rootless`: those whose
    root has ended, by key; the reaper adds to it.
    """

    def __init__(
        self,
        running: dict[str, Command],
        children: dict[int, Command],
        rootless: dict[str, Command],
        cleanup: Cleanup,
    ) -> None:
        self._running = running
        self._children = children
        self._rootless = rootless
        self._cleanup = cleanup

    def reap(self) -> None:
        """Reap all that have ended, or MAX_AT_ONCE, and the rest soon."""
        now = time.monotonic()
        left = MAX_AT_ONCE
        while left and (pid := _next_dead()) is not None:
            left -= 1
            self._reap(pid, now)
        if not left:  # processes may end as fast as they are reaped: let the loop handle other events
            signal.raise_signal(signal.SIGCHLD)

    def _reap(self, pid: int, now: float) -> None:
        command = self._children.pop(pid, None)
        if command is None:
            self._reap_orphan(pid)
        elif not self._cleanup.reap(pid, command):
            self._reap_root(pid, command, now)

    def _reap_orphan(self, pid: int) -> None:
        _, _, used = os.wait4(pid, 0)
        for command in self._running.values():
            command.meter.reaped(pid, used)

    def _reap_root(self, pid: int, command: Command, now: float) -> None:
        if command.claim.sandbox:
            # Before its pid is reaped, the number of its group cannot be anyone else's.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        command.root_ended(os.waitstatus_to_exitcode(status), used, now)
        self._rootless[command.key] = command
        if command.claim.sandbox:
            _reap_sandbox(pid, command)


def _next_dead() -> int | None:
    try:
        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return dead.si_pid if dead else None


def _reap_sandbox(group: int, command: Command) -> None:
    """Reap bubblewrap's first process inside, which was just killed: only it knows what the command has used."""
    for _ in range(SANDBOX_TRIES):
        try:
            pid, _, used = os.wait4(-group, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            command.meter.inherit(pid, used)
        else:
            time.sleep(SANDBOX_SECONDS)
