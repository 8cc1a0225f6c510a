"""How a command is isolated: rlimits, limits that the worker enforces, and a sandbox."""

import math
from collections.abc import Mapping, Sequence
from resource import RLIM_INFINITY, RLIMIT_CPU, RLIMIT_FSIZE, getrlimit
from typing import NamedTuple

from queuectl_core.model.attempt import Claim
from queuectl_worker import sandbox
from queuectl_worker.settings import WorkerSettings

METERED = ("memory", "processes", "cpu")
"""Limits on all processes of a command together, for which there is no rlimit.

RLIMIT_NPROC counts the processes of a uid in all containers of the host, including other workers' commands.
"""


class CannotIsolate(Exception):
    """The command must not be started here. The text says why, and what to do."""


class Isolation(NamedTuple):
    """Of one command. `limits`: for the monitor; `rlimits`: which, soft, hard; `wrapper`: the argv of the sandbox."""

    limits: Mapping[str, float]
    rlimits: Sequence[tuple[int, int, int]]
    wrapper: Sequence[str]


NOT_ISOLATED = Isolation({}, (), ())


class Isolator:
    """Of one worker."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._sandbox = sandbox.Sandbox([settings.data_dir, settings.storage_dir])

    def of(self, claim: Claim) -> Isolation:
        """NOT_ISOLATED if the job has neither limits nor a sandbox. Raises CannotIsolate."""
        if not claim.limits and not claim.sandbox:
            return NOT_ISOLATED
        limits = {name: claim.limits[name] for name in METERED if name in claim.limits}
        if claim.sandbox and "processes" in limits:
            limits["processes"] += sandbox.PROCESSES
        return Isolation(limits, self._rlimits(claim.limits), self._wrapper(claim))

    def _rlimits(self, limits: dict[str, float]) -> list[tuple[int, int, int]]:
        wanted = []
        if "file_size" in limits:
            wanted.append((RLIMIT_FSIZE, int(limits["file_size"]), 0))
        if "cpu" in limits:  # per process; one second between SIGXCPU, which tells the reason, and SIGKILL
            wanted.append((RLIMIT_CPU, math.ceil(limits["cpu"]), 1))
        return [(which, *_within(getrlimit(which)[1], soft, more)) for which, soft, more in wanted]

    def _wrapper(self, claim: Claim) -> list[str]:
        if not claim.sandbox:
            return []
        if reason := self._sandbox.unavailable_reason():
            raise CannotIsolate(f"the sandbox is unavailable: {reason}")
        if claim.cwd and self._sandbox.hides(claim.cwd):
            raise CannotIsolate(f"the sandbox hides the directory {claim.cwd}: choose another one, or no sandbox")
        return self._sandbox.wrapper()


def _within(highest: int, soft: int, more: int) -> tuple[int, int]:
    """Soft and hard limit, no higher than this process may set them."""
    return (soft, soft + more) if highest == RLIM_INFINITY else (min(soft, highest), min(soft + more, highest))
