"""A command that was started, until nothing of it runs any more."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from resource import struct_rusage

from queuectl_core.model.attempt import Claim
from queuectl_worker.meter import Meter
from queuectl_worker.output import Output
from queuectl_worker.removal import Removed
from queuectl_worker.slots import Slot
from queuectl_worker.stop_reason import StopReason


@dataclass(slots=True, eq=False)
class Command:
    """A process tree. It is over when its root has ended, and everything that the root has left behind.

    - `key`: identifies its attempt. `root`: the pid of its first process, which leads a session.
    - `uid`, `directory`: its own, if it has one. `removed`: what was removed at its end; None before.
    - `limits`: on all its processes together; `exceeded`: the first one that it exceeded.
    - `ended`: the exit status of the root and what it has used, once it has ended.
    - `leftovers`: how many processes had to be stopped after the root. `done`: it is over, and its result is known.
    - `started_at`, `deadline` (its timeout): seconds of the monotonic clock, as are:
    - `stop_at`: when what the root has left gets SIGTERM; `kill_at`: from when on the whole tree gets SIGKILL.
    """

    key: str
    claim: Claim
    slot: Slot
    root: int
    uid: int | None
    output: Output
    limits: Mapping[str, float]
    directory: str | None
    started_at: float
    deadline: float
    meter: Meter = field(default_factory=Meter)
    exceeded: str | None = None
    ended: tuple[int, struct_rusage] | None = None
    stop_reason: StopReason | None = None
    stop_at: float = math.inf
    kill_at: float = math.inf
    leftovers: int = 0
    removed: Removed | None = None
    done: bool = False

    @property
    def marks(self) -> frozenset[bytes]:
        """What is in the environment of everything that it starts."""
        claim = self.claim
        return frozenset((f"QUEUECTL_JOB_ID={claim.job_id}".encode(), b"QUEUECTL_ATTEMPT=%d" % claim.lease.attempt))

    def root_ended(self, status: int, used: struct_rusage, now: float) -> None:
        """Decide how long its leftovers may run on; if it is being stopped, that is already decided."""
        self.ended = status, used
        grace = self.claim.leftover_grace
        if self.exceeded or (not grace and not self.stop_reason):
            self.kill_at = now
        elif not self.stop_reason:
            self.stop_at = now + grace
