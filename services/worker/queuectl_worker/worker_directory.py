"""The directory of a worker, for the temporary directories of its commands; it is removed with the worker.

A lock marks it as in use. If a worker is killed, the next one finds the lock free, and removes the directory.
"""

import fcntl
import os

from queuectl_worker.removal import Remover

PREFIX = "queuectl-"
LOCK = ".queuectl-worker.lock"
"""In every directory that a worker has made, and in no other."""


class WorkerDirectory:
    """In `parent`, named after the `worker`. `shared`: commands that run as other users may create entries.

    Making one removes the directories of killed workers. Raises OSError.
    """

    def __init__(self, parent: str, worker: str, remover: Remover, *, shared: bool) -> None:
        self.path = f"{parent}/{PREFIX}{worker}"
        self._parent = parent
        self._remover = remover
        self._lock = self._make(shared=shared)
        self._remove_abandoned()

    def _make(self, *, shared: bool) -> int:
        """Renamed once it holds its lock, so that nobody takes it for an abandoned one."""
        hidden = f"{self._parent}/.{PREFIX}{os.urandom(8).hex()}"
        os.mkdir(hidden, 0o700)  # noqa: PTH102  # faster than Path
        lock = _locked(f"{hidden}/{LOCK}", os.O_CREAT)
        if shared:
            os.chmod(hidden, 0o1733)  # noqa: PTH101, S103  # each user can create its own, and cannot list others
        os.rename(hidden, self.path)  # noqa: PTH104
        return lock

    def _remove_abandoned(self) -> None:
        for name in os.listdir(self._parent):  # noqa: PTH208
            path = f"{self._parent}/{name}"
            if name.startswith(PREFIX) and path != self.path and _is_abandoned(path):
                self._remover.remove_directory(path)

    def close(self) -> None:
        """Remove it. No command may run any more."""
        self._remover.remove_directory(self.path)
        os.close(self._lock)


def _is_abandoned(directory: str) -> bool:
    """Whether a dead worker of this user has made it: it holds a lock that is free. Other directories have none."""
    try:
        if os.lstat(directory).st_uid != os.getuid():
            return False
        os.close(_locked(f"{directory}/{LOCK}"))
    except OSError:
        return False
    return True


def _locked(path: str, flags: int = 0) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
