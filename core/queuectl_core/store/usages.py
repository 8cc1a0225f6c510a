"""Current resource usage of running commands."""

from collections.abc import Mapping
from typing import Protocol

from queuectl_core.model.usage import Usage


class Usages(Protocol):
    """Samples of all workers, valid for a second. Replacing a sample is atomic for readers."""

    def write(self, worker: str, usages: Mapping[str, Usage]) -> None:
        """Replace the sample of a worker: usage by `Lease.key`."""
        ...

    def read(self, worker: str) -> dict[str, Usage]:
        """The latest sample of a worker: usage by `Lease.key`. Some commands may have ended since."""
        ...

    def remove(self, worker: str) -> None:
        """Delete the sample of a worker."""
        ...
