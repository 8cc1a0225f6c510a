"""All commands of a worker that run."""

import math

from queuectl_core.logs.store import LogStore, LogWriter
from queuectl_core.model.attempt import NOTHING, Claim, Lease
from queuectl_core.model.usage import Usage
from queuectl_worker import tree
from queuectl_worker.cleanup import Cleanup
from queuectl_worker.command import Command
from queuectl_worker.directories import Directories
from queuectl_worker.finishing import Finisher
from queuectl_worker.launching import CannotStart, Launcher
from queuectl_worker.monitor import Monitor
from queuectl_worker.orphans import Orphans
from queuectl_worker.output import complete_log
from queuectl_worker.pipes import Pipes
from queuectl_worker.reaping import Reaper
from queuectl_worker.removal import Remover
from queuectl_worker.result import Result
from queuectl_worker.slots import Slots
from queuectl_worker.stopping import Stopper
from queuectl_worker.users import Users


class Commands:
    """`running`: by key, until nothing of a command runs any more; then its result is in `finished` until `reported`.

    Times are seconds of the monotonic clock. `kill_grace`: seconds between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        launcher: Launcher,
        users: Users,
        directories: Directories,
        remover: Remover,
        slots: Slots,
        pipes: Pipes,
        kill_grace: float,
    ) -> None:
        self.running: dict[str, Command] = {}
        self.finished: list[Result] = []
        self._launcher = launcher
        self._directories = directories
        self._slots = slots
        self._pipes = pipes
        self._children: dict[int, Command] = {}
        self._rootless: dict[str, Command] = {}
        orphans = Orphans(self.running, self._children, users)
        cleanup = Cleanup(directories, remover, self._children)
        self.stopper = Stopper(self.running, orphans, pipes, kill_grace)
        self._monitor = Monitor(orphans)
        self._reaper = Reaper(self.running, self._children, self._rootless, cleanup)
        self._finisher = Finisher(self.running, self._rootless, orphans, self.stopper, pipes, cleanup, users)

    def start(self, claim: Claim, log: LogWriter) -> None:
        """Start the command of a claimed job; if that fails, it is finished. `log`: see LogWriter."""
        slot = self._slots.take()
        try:
            command = self._launcher.start(claim, slot, log)
        except CannotStart as fault:
            self.finished.append(Result(claim, None, str(fault), NOTHING, slot=slot))
            return
        self.running[command.key] = self._children[command.root] = command
        self._pipes.watch(command)
        self._monitor.started(command)

    def reap(self) -> None:
        """Reap the processes that have ended, and finish the commands that are over."""
        self._reaper.reap()
        self.finished += self._finisher.finish()

    def look(self, now: float) -> dict[str, Usage]:
        """Do what no event tells of; returns what commands use, by key, about once a second."""
        self.stopper.stop_overdue(now)
        self._monitor.enforce_limits(self.running.values(), now)
        self._pipes.look(now)
        self.finished += self._finisher.look(now)
        return self._monitor.usage(self.running.values(), now)

    def next_moment(self) -> float:
        """When to call `look` even if no event comes."""
        running = self.running.values()
        moments = [command.deadline for command in running]
        moments += [command.kill_at for command in running if command.ended is None]
        if self._rootless:
            moments.append(self._finisher.look_at)
        if running:
            moments += [self._pipes.next_moment(), self._monitor.usage_at, self._monitor.limits_at]
        return min(moments, default=math.inf)

    def leases(self) -> set[Lease]:
        """Of all commands that run, or have finished and are not reported yet."""
        running = {command.claim.lease for command in self.running.values()}
        return running | {finished.claim.lease for finished in self.finished}

    def reported(self) -> None:
        """The queue has the results of all that have finished: their slots are free."""
        for finished in self.finished:
            if finished.slot:
                self._slots.give_back(finished.slot)
        self.finished.clear()

    def end(self, logs: LogStore) -> None:
        """Kill all, wait until all are dead, and write their output to logs, as well as output not reported yet."""
        tree.end_children()
        for command in self.running.values():
            command.output.settle()
            command.output.discard()
            command.output.finish()
            command.output.close()
        self.running.clear()
        for ended in self.finished:
            if ended.slot:
                complete_log(ended.slot, ended.slot.said(), logs)
        self._directories.close()
