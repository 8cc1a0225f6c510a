"""A command that runs in a slot, and how its attempt ends."""

import signal
from dataclasses import dataclass
from enum import Enum

from queuectl_core.attempt import Claim, Ended, Used
from queuectl_core.sqlite.leases import STOPPING, Leases


class Stopping(Enum):
    """Why a command is being stopped."""

    TIMEOUT = "timeout"
    CANCEL = "cancel"
    DRAIN = "drain"
    LOST = "lost"  # the lease is gone: nothing may be reported


@dataclass(slots=True)
class Running:
    """A slot in use. `kill_at`: when SIGTERM has been ignored for long enough; seconds of the monotonic clock."""

    claim: Claim
    deadline: float | None
    stopping: Stopping | None = None
    kill_at: float | None = None

    @property
    def key(self) -> str:
        """What the spawner calls it."""
        return self.claim.lease.key


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended: `status` is -N after signal N. Or one that could not run: then `fault` says why."""

    running: Running
    status: int | None
    fault: str | None
    output_bytes: int | None
    used: Used

    def report(self, leases: Leases) -> bool:
        """Tell the queue how the attempt ended. False where the lease is no longer good."""
        lease, stopping = self.running.claim.lease, self.running.stopping
        if stopping is Stopping.LOST:
            return False
        if stopping is Stopping.DRAIN:
            return leases.release(lease, self.output_bytes, self.fault or STOPPING, self.used)
        if self.status == 0 and stopping is None:
            return leases.complete(lease, Ended(0, None, self.output_bytes, self.used))
        return leases.fail(lease, Ended(self.status, self._error(), self.output_bytes, self.used))

    def _error(self) -> str:
        if self.running.stopping is Stopping.CANCEL:
            return "cancelled"
        if self.running.stopping is Stopping.TIMEOUT:
            return f"timed out after {self.running.claim.timeout:.15g} s"
        if self.status is None:
            return str(self.fault)
        if self.status < 0:
            return f"killed by {_signal_name(-self.status)}"
        return f"exit status {self.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
