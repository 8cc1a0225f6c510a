"""Why a worker is on hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hold:
    """The worker starts no jobs. `output_waits`: running commands block as well when they print."""

    reason: str
    output_waits: bool
