"""A directory for each attempt, its TMPDIR."""

import os
import stat
import time

from queuectl_worker.shared_directories import TICK_SECONDS, SharedDirectories
from queuectl_worker.worker_directory import WorkerDirectory


class Directories:
    """Of one worker. An empty directory is kept for the next command of the same user, which saves time."""

    def __init__(self, parent: WorkerDirectory, shared: SharedDirectories) -> None:
        self._parent = parent
        self._shared = shared
        self._empty: list[str] = []
        self._seen_empty: dict[str, int] = {}

    def make(self) -> str:
        """Return the path of an empty directory. Call it as the command's user. Raises OSError."""
        if self._empty:
            return self._empty.pop()
        path = f"{self._parent.path}/{os.urandom(6).hex()}"  # nobody else can have created it
        os.mkdir(path, 0o700)  # noqa: PTH102
        return path

    def left(self, path: str | None, uid: int | None) -> list[str]:
        """What a command has left behind and is to be removed: its directory unless empty, and its user's files."""
        left = []
        if path is not None and not (uid is None and self._keep(path)):
            try:
                os.rmdir(path)  # noqa: PTH106
            except FileNotFoundError:
                pass
            except OSError:
                left.append(path)
        if uid is not None:
            left += self._shared.owned_by(uid)
        return left

    def _keep(self, path: str) -> bool:
        """Keep it for the next command if it is as good as new."""
        try:
            found = os.lstat(path)
            good = found.st_mode == stat.S_IFDIR | 0o700 and self._is_empty(path, found.st_ctime_ns)
        except OSError:
            return False
        if good:
            self._empty.append(path)
        return good

    def _is_empty(self, path: str, changed_at: int) -> bool:
        """Lists it only if it has changed since it was seen to be empty."""
        if self._seen_empty.pop(path, None) != changed_at and os.listdir(path):  # noqa: PTH208
            return False
        if time.time_ns() - changed_at > TICK_SECONDS * 1e9:
            self._seen_empty[path] = changed_at
        return True

    def close(self) -> None:
        """Remove all of them. No command may run any more."""
        self._parent.close()
