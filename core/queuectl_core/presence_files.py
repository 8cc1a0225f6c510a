"""Heartbeats of the workers on this host: one small file per worker; see `worker_file` for its layout.

With SQLite, they are in no other place: so a full disk, a lock or a database error stops no heartbeat, and idle workers
write nothing to the database.
"""

import os
from contextlib import suppress
from pathlib import Path

from queuectl_core import host_clock, worker_file
from queuectl_core.host_clock import uptime
from queuectl_core.host_lock import NO_DIRECTORY
from queuectl_core.model.hold import Hold


class PresenceFiles:
    """See Presence. `directory`: that of HostLocks."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory or NO_DIRECTORY
        self._own: dict[str, int] = {}

    def begin(self, worker: str, lease_seconds: float) -> None:
        """See Presence. Uses the file that `HostLocks` created."""
        self._directory.mkdir(exist_ok=True)
        self._forget(worker)
        self._own[worker] = os.open(self._directory / worker, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        worker_file.write_lease(self._own[worker], uptime() + lease_seconds)
        self.hold(worker, None)

    def knows(self, worker: str) -> bool:
        """Whether that worker runs, or ran, on this host."""
        return (self._directory / worker).exists()

    def beat(self, worker: str, lease_seconds: float) -> bool:
        """See Presence. False also if the file was removed."""
        descriptor = self._own[worker]
        old = worker_file.read_lease(descriptor)
        worker_file.write_lease(descriptor, uptime() + lease_seconds)
        # Check after writing, in case the process was stopped in between and the lease had already expired.
        return uptime() <= old and os.fstat(descriptor).st_nlink > 0

    def hold(self, worker: str, hold: Hold | None) -> None:
        """See Presence."""
        worker_file.write_hold(self._own[worker], hold)

    def held(self, worker: str) -> Hold | None:
        """See Presence."""
        return worker_file.read_hold(self._directory / worker)

    def last(self, worker: str) -> float | None:
        """See Presence."""
        try:
            return (self._directory / worker).stat().st_mtime
        except OSError:
            return None

    def expired(self, worker: str) -> bool:
        """See Presence. True as well if the worker's file was removed."""
        try:
            with (self._directory / worker).open("rb") as file:
                if worker_file.is_being_created(file.fileno()):
                    return False
                return worker_file.read_lease(file.fileno()) < uptime()
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def is_of_earlier_boot(self, boot: str) -> bool:
        """See Presence. All workers run on this host."""
        return boot != host_clock.boot()

    def removed(self, worker: str) -> None:
        """See Presence. Its guard may have noted unreported attempts in its file."""

    def end(self, worker: str) -> None:
        """See Presence."""
        self._forget(worker)
        with suppress(OSError):
            (self._directory / worker).unlink()

    def close(self) -> None:
        """See Presence."""
        for worker in [*self._own]:
            self._forget(worker)

    def _forget(self, worker: str) -> None:
        if worker in self._own:
            os.close(self._own.pop(worker))
