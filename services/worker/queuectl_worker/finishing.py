"""Finishing commands: one is over when its root and its leftovers have ended, and its files are removed."""

from queuectl_core.model.attempt import Printed, Used
from queuectl_worker.cleanup import Cleanup
from queuectl_worker.command import Command
from queuectl_worker.meter import PeakMemory
from queuectl_worker.orphans import Orphans
from queuectl_worker.pipes import Pipes
from queuectl_worker.removal import NOTHING_REMOVED
from queuectl_worker.result import Result
from queuectl_worker.stopping import Stopper
from queuectl_worker.users import Users

LOOK_SECONDS = 0.05


class Finisher:
    """Of one worker. `rootless`: commands whose root has ended, by key. `look_at`: when to `finish` again."""

    def __init__(
        self,
        running: dict[str, Command],
        rootless: dict[str, Command],
        orphans: Orphans,
        stopper: Stopper,
        pipes: Pipes,
        cleanup: Cleanup,
        users: Users,
    ) -> None:
        self._running = running
        self._rootless = rootless
        self._orphans = orphans
        self._stopper = stopper
        self._pipes = pipes
        self._cleanup = cleanup
        self._users = users
        self._peak = PeakMemory()
        self.look_at = 0.0

    def look(self, now: float) -> list[Result]:
        """Finish what no event tells of, about every LOOK_SECONDS."""
        if not self._rootless or now < self.look_at:
            return []
        self.look_at = now + LOOK_SECONDS
        return self.finish()

    def finish(self) -> list[Result]:
        """The results of the commands that are over; stops what others have left behind for too long."""
        orphans = self._orphans.all()
        left = self._orphans.kill_strays(orphans) if orphans else {}
        for key in left.keys() & self._rootless.keys():
            self._stopper.stop_leftovers(self._rootless[key], left[key])
        over = [
            command
            for command in self._rootless.values()
            if command.key not in left and self._pipes.finish(command) and self._cleanup.done(command)
        ]
        results = [self._finish(command) for command in over]
        self._users.free(orphans)
        return results

    def _finish(self, command: Command) -> Result:
        assert command.ended
        status, used = command.ended
        output = command.output
        command.done = True
        del self._running[command.key], self._rootless[command.key]
        self._users.give_back(command.uid)
        output.close()
        whole = output.small
        return Result(
            command.claim,
            status,
            None,
            Printed(output.printed, whole or None, b"" if whole else output.tail),
            command.stop_reason,
            command.slot,
            Used(*command.meter.total(used, self._peak.of(used))),
            command.exceeded,
            command.leftovers,
            command.removed if command.removed and command.uid is not None else NOTHING_REMOVED,
        )
