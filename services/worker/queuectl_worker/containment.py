"""What contains a command: rlimits, what the spawner watches, and a sandbox."""

import math
from resource import RLIM_INFINITY, RLIMIT_CPU, RLIMIT_FSIZE, getrlimit
from typing import Any

from queuectl_core.attempt import Claim
from queuectl_worker import sandbox
from queuectl_worker.settings import WorkerSettings

METERED = ("memory", "processes", "cpu")
"""Limits of all of a command's processes together, which no rlimit knows.

RLIMIT_NPROC counts those of a uid in all containers of the machine, and so also another worker's command.
"""


class CannotContain(Exception):
    """The command must not be started here; the text says why, and what to do."""


class Containment:
    """Of one worker."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._sandbox = sandbox.Sandbox([settings.data_dir, settings.database_path.parent])

    def of(self, claim: Claim) -> dict[str, Any]:
        """What the spawner is told of it: see there; nothing where nothing contains it. Raises CannotContain."""
        if not claim.limits and not claim.sandbox:
            return {}
        limits = {name: claim.limits[name] for name in METERED if name in claim.limits}
        if claim.sandbox and "processes" in limits:
            limits["processes"] += sandbox.PROCESSES
        return {"limits": limits, "rlimits": self._rlimits(claim.limits), "front": self._front(claim)}

    def _rlimits(self, limits: dict[str, float]) -> list[tuple[int, int, int]]:
        """Each with soft and hard limit."""
        wanted = []
        if "file_size" in limits:
            wanted.append((RLIMIT_FSIZE, int(limits["file_size"]), 0))
        if "cpu" in limits:  # of each process; a second for SIGXCPU, which tells why, before SIGKILL
            wanted.append((RLIMIT_CPU, math.ceil(limits["cpu"]), 1))
        return [(which, *_within(getrlimit(which)[1], soft, more)) for which, soft, more in wanted]

    def _front(self, claim: Claim) -> list[str]:
        if not claim.sandbox:
            return []
        if hindrance := self._sandbox.hindrance():
            raise CannotContain(f"it is to run in a sandbox, and {hindrance}")
        if claim.cwd and self._sandbox.hides(claim.cwd):
            raise CannotContain(f"the sandbox hides the directory {claim.cwd}: choose another one, or no sandbox")
        return self._sandbox.front()


def _within(highest: int, soft: int, more: int) -> tuple[int, int]:
    """Soft and hard limit, as far as this process may set them."""
    return (soft, soft + more) if highest == RLIM_INFINITY else (min(soft, highest), min(soft + more, highest))
