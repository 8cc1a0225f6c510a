"""A command that was started, until nothing of it runs any more."""

import math
from dataclasses import dataclass, field
from resource import struct_rusage

from queuectl_worker.directories import Removed
from queuectl_worker.meter import Meter
from queuectl_worker.output import Output


@dataclass(slots=True)
class Command:
    """A process tree. It is over when its root has ended, and all that this has left behind.

    `root`: its first process, which leads a session. `marks`: are in the environment of everything that it starts.
    `uid`: its own, if it has one. `limits`: those of all its processes together; `over`: the first that it exceeded.
    `directory`: its own, where it has one; `removed`: what was removed at its end, None before.
    `ended`: the status of the root, and what it has used, once it has ended. Moments are seconds of the monotonic
    clock: leftovers get SIGTERM at `stop_at` and SIGKILL from `kill_at` on; `left` is how many had to be stopped.
    """

    key: str
    root: int
    marks: frozenset[bytes]
    uid: int | None
    output: Output
    limits: dict[str, float]
    sandboxed: bool
    leftover_grace: float
    directory: str | None
    began: float
    meter: Meter = field(default_factory=Meter)
    over: str | None = None
    ended: tuple[int, struct_rusage] | None = None
    asked: bool = False
    stop_at: float = math.inf
    kill_at: float = math.inf
    left: int = 0
    removed: Removed | None = None

    def root_ended(self, status: int, used: struct_rusage, now: float) -> None:
        """What it has left may run on for a while: until the one who has sent a SIGTERM loses patience, if one has."""
        self.ended = status, used
        if self.over or (not self.leftover_grace and not self.asked):
            self.kill_at = now
        elif not self.asked:
            self.stop_at = now + self.leftover_grace
