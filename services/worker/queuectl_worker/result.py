"""The result of an attempt, and how it is reported to the queue."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from queuectl_core.model.attempt import UNSEEN, Claim, Ended, Lease, Printed, Used
from queuectl_core.model.exit_code import signal_name
from queuectl_core.store.reports import HANDED_BACK, Reports
from queuectl_worker.slots import Slot
from queuectl_worker.stop_reason import StopReason


@dataclass(frozen=True, slots=True)
class Result:
    """A command that has ended, with its exit `status` (-N after signal N), or that could not be started (`fault`).

    `slot`: in which it ran. `exceeded`: the limit for which it was killed. `leftovers`: how many processes it had left
    behind; they were stopped. `removed`: how many files it had left behind, and their bytes.
    """

    claim: Claim
    status: int | None
    fault: str | None
    printed: Printed
    stop_reason: StopReason | None = None
    slot: Slot | None = None
    used: Used = UNSEEN
    exceeded: str | None = None
    leftovers: int = 0
    removed: tuple[int, int] = (0, 0)

    @property
    def succeeded(self) -> bool:
        """Whether the command did what it was to do."""
        return self.status == 0 and self.stop_reason is None and self.exceeded is None

    def success(self) -> tuple[Lease, Ended]:
        """The report of an attempt that succeeded."""
        return self.claim.lease, Ended(0, None, self.printed, self.used, self._note())

    def report(self, reports: Reports) -> bool:
        """Report an attempt that did not succeed. False if the lease is no longer valid."""
        lease, reason = self.claim.lease, self.stop_reason
        if reason is StopReason.LOST:
            return False
        if reason is StopReason.DRAIN:
            return reports.hand_back(lease, self.printed, self.fault or HANDED_BACK, self.used)
        return reports.fail(lease, Ended(self.status, self._error(), self.printed, self.used, self._note()))

    def _note(self) -> str | None:
        notes = []
        if self.leftovers:
            processes = "1 process" if self.leftovers == 1 else f"{self.leftovers} processes"
            notes.append(f"{processes} left behind {'was' if self.leftovers == 1 else 'were'} killed")
        files, size = self.removed
        if files:
            notes.append(f"{files} file{'s' if files > 1 else ''}, {_rounded(size)}: use --cwd on a mount to keep them")
        return "; ".join(notes) or None

    def _error(self) -> str:
        if self.stop_reason is StopReason.CANCEL:
            return "cancelled"
        if self.stop_reason is StopReason.TIMEOUT:
            return f"timed out after {self.claim.timeout:.15g} s"
        if self.status is None:
            return str(self.fault)
        limits = self.claim.limits
        exceeded = self.exceeded or LIMIT_BY_STATUS.get(self.status)
        if exceeded in limits:
            return _exceeded(exceeded, limits)
        if self.status < 0:
            return f"killed by {signal_name(-self.status)}"
        return f"exit status {self.status}"


def report_all(results: Sequence[Result], reports: Reports) -> list[Lease]:
    """Report attempts to the queue, in one transaction; returns the leases that are no longer valid."""
    refused = reports.complete_all([result.success() for result in results if result.succeeded])
    others = [result for result in results if not result.succeeded]
    return refused + [each.claim.lease for each in others if not each.report(reports)]


LIMIT_BY_STATUS = {
    status: name
    for name, number in {"file_size": signal.SIGXFSZ, "cpu": signal.SIGXCPU}.items()
    for status in (-number, 128 + number)  # the latter if a shell's last program was killed
}
"""The limits that the kernel enforces, by the exit status that it leaves."""


def _rounded(size: float) -> str:
    """With up to three digits."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _exceeded(name: str, limits: Mapping[str, float]) -> str:
    match name:
        case "memory":
            return f"used more memory than its limit of {_exact(int(limits[name]))}"
        case "file_size":
            return f"wrote a file larger than {_exact(int(limits[name]))}"
        case "cpu":
            return f"used more than {limits[name]:.15g} s of CPU time"
        case _:
            return f"had more than {limits[name]} processes"


def _exact(size: int) -> str:
    """In the largest unit that gives a whole number."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size % 1024 or unit == "GiB":
            return f"{size} {unit}"
        size //= 1024
    raise AssertionError
