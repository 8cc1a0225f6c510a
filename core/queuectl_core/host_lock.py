"""Locks that show whether any process of a worker is still running on this host.

Each worker has a file that the worker and its guard keep locked (`flock`); the guard exits after all commands. The
kernel releases the lock however they die, and keeps it while they are frozen. The guard of a killed worker also writes
the unreported attempts to the file.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from queuectl_core import worker_file

NO_DIRECTORY = Path("/proc/self/no-workers")
"""A directory that does not exist, and that nobody can create."""


class HostLocks:
    """The locks of all workers on this host: files in `directory`; None: no worker of this host is known here."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory or NO_DIRECTORY

    def acquire(self, worker: str) -> int:
        """Create and lock the worker's file, until all copies of the descriptor are closed. Raises OSError."""
        self._directory.mkdir(exist_ok=True)
        path = self._directory / worker
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def held(self, worker: str) -> bool:
        """Whether any process of the worker may be running. A file that is just being created counts as locked."""
        try:
            with (self._directory / worker).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return worker_file.is_being_created(file.fileno())
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def unreported(self, worker: str) -> list[tuple[int, int]]:
        """Attempts of a killed worker that may have ended without a report: (job's `seq`, attempt's number)."""
        return worker_file.read_unreported(self._directory / worker)

    def workers(self) -> list[str]:
        """Workers that have a file."""
        try:
            return sorted(path.name for path in self._directory.iterdir())
        except OSError:
            return []

    def remove(self, worker: str) -> None:
        """Remove the worker's file."""
        with suppress(OSError):
            (self._directory / worker).unlink()
