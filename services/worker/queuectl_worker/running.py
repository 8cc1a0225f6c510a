"""A command that runs in a slot, and how its attempt ends."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from queuectl_core.attempt import UNSEEN, Claim, Ended, Printed, Used
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
    """A command that has ended: `status` is -N after signal N. Or one that could not run: then `fault` says why.

    `over`: the limit for which it was killed. `left`: how many processes that it had left behind were stopped;
    `removed`: files that it had left behind, and their bytes.
    """

    running: Running
    status: int | None
    fault: str | None
    printed: Printed
    used: Used = UNSEEN
    over: str | None = None
    left: int = 0
    removed: tuple[int, int] = (0, 0)

    def report(self, leases: Leases) -> bool:
        """Tell the queue how the attempt ended. False where the lease is no longer good."""
        lease, stopping = self.running.claim.lease, self.running.stopping
        if stopping is Stopping.LOST:
            return False
        if stopping is Stopping.DRAIN:
            return leases.release(lease, self.printed, self.fault or STOPPING, self.used)
        if self.status == 0 and stopping is None and self.over is None:
            return leases.complete(lease, Ended(0, None, self.printed, self.used, self._note()))
        return leases.fail(lease, Ended(self.status, self._error(), self.printed, self.used, self._note()))

    def _note(self) -> str | None:
        notes = []
        if self.left:
            processes = "1 process" if self.left == 1 else f"{self.left} processes"
            notes.append(f"{processes} left behind {'was' if self.left == 1 else 'were'} killed")
        files, size = self.removed
        if files:
            notes.append(f"{files} file{'s' if files > 1 else ''}, {_about(size)}: use --cwd on a mount to keep them")
        return "; ".join(notes) or None

    def _error(self) -> str:
        if self.running.stopping is Stopping.CANCEL:
            return "cancelled"
        if self.running.stopping is Stopping.TIMEOUT:
            return f"timed out after {self.running.claim.timeout:.15g} s"
        if self.status is None:
            return str(self.fault)
        limits = self.running.claim.limits
        over = self.over or OVER_BY_SIGNAL.get(self.status)
        if over in limits:
            return _exceeded(over, limits)
        if self.status < 0:
            return f"killed by {_signal_name(-self.status)}"
        return f"exit status {self.status}"


OVER_BY_SIGNAL = {
    status: name
    for name, number in {"file_size": signal.SIGXFSZ, "cpu": signal.SIGXCPU}.items()
    for status in (-number, 128 + number)  # the latter: of the last program of a shell
}
"""What a status says of the limits that the kernel keeps."""


def _exceeded(name: str, limits: Mapping[str, float]) -> str:
    match name:
        case "memory":
            return f"used more memory than its limit of {_size(int(limits[name]))}"
        case "file_size":
            return f"wrote a file larger than {_size(int(limits[name]))}"
        case "cpu":
            return f"used more than {limits[name]:.15g} s of CPU time"
        case _:
            return f"had more than {limits[name]} processes"


def _about(size: float) -> str:
    """In the unit in which it has up to three digits."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _size(number: int) -> str:
    """In the largest unit of which it is a whole number."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number % 1024 or unit == "GiB":
            return f"{number} {unit}"
        number //= 1024
    raise AssertionError


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
