"""Files that a command's user owns in directories that everyone may write to."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress

WRITABLE_BY_ALL = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # only read here
MAX_ENTRIES = 5000
TICK_SECONDS = 0.05
"""Two changes of a directory within this time may leave the same timestamp."""


class SharedDirectories:
    """WRITABLE_BY_ALL, and `more`."""

    def __init__(self, more: str) -> None:
        self._entries = [_EntriesByOwner(directory) for directory in {more, *WRITABLE_BY_ALL}]

    def owned_by(self, uid: int) -> Iterable[str]:
        """The paths of that user; or a directory itself if it has more than MAX_ENTRIES entries."""
        for entries in self._entries:
            yield from entries.of(uid)


class _EntriesByOwner:
    """Of one directory; it is read again only if it has changed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._changed_at = -1.0
        self._paths: dict[int, list[str]] = {}

    def of(self, uid: int) -> list[str]:
        with suppress(OSError):
            changed_at = os.stat(self._directory).st_mtime  # noqa: PTH116
            if changed_at != self._changed_at:
                self._read()
                self._changed_at = changed_at if time.time() - changed_at > TICK_SECONDS else -1.0
            return self._paths.get(uid, []) + self._paths.get(-1, [])
        return []

    def _read(self) -> None:
        self._paths = {}
        with os.scandir(self._directory) as entries:
            for count, entry in enumerate(entries):
                if count == MAX_ENTRIES:
                    self._paths = {-1: [self._directory]}
                    return
                with suppress(OSError):
                    self._paths.setdefault(entry.stat(follow_symlinks=False).st_uid, []).append(entry.path)
