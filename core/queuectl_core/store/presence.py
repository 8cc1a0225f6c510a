"""Heartbeats of workers."""

from typing import Protocol

from queuectl_core.model.hold import Hold


class Presence(Protocol):
    """A worker keeps its leases as long as it sends heartbeats. HostLocks shows whether its processes have ended."""

    def begin(self, worker: str, lease_seconds: float) -> None:
        """Start the heartbeats of a worker in this process; its leases last `lease_seconds`. Raises OSError."""
        ...

    def beat(self, worker: str, lease_seconds: float) -> bool:
        """Extend its leases; False if they have already expired. Raises OSError."""
        ...

    def hold(self, worker: str, hold: Hold | None) -> None:
        """Publish why a worker in this process is on hold; None: it is not. Raises OSError."""
        ...

    def held(self, worker: str) -> Hold | None:
        """Why that worker is on hold; None if it is not."""
        ...

    def last(self, worker: str) -> float | None:
        """The time of its last heartbeat, in seconds since the epoch; None if unknown."""
        ...

    def expired(self, worker: str) -> bool:
        """Whether its leases have expired."""
        ...

    def is_of_earlier_boot(self, boot: str) -> bool:
        """Whether a worker that was registered under this boot id ended when its host was rebooted."""
        ...

    def removed(self, worker: str) -> None:
        """Called in the transaction that removes the worker. Files are left to the next worker on its host."""
        ...

    def end(self, worker: str) -> None:
        """Forget the worker."""
        ...

    def close(self) -> None:
        """Release the resources of this process."""
        ...
