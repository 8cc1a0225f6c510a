"""Notifies other processes immediately after a commit."""

import contextlib
import os
from pathlib import Path

from inotify_simple import INotify, flags


def _file(database: Path) -> Path:
    return database.with_suffix(".bell")  # older versions, which may still be running, watch this name


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)


class Notifier:
    """A file next to the database that is written after each commit. If workers need not wake up, it is read instead.

    Otherwise each of several busy workers would wake all others whenever it starts or finishes a job. Watching the WAL
    itself would wake listeners too early (it is written before the fsync and the index), and for checkpoints as well.
    Writing a byte after the commit costs 2 µs.
    """

    def __init__(self, database: Path) -> None:
        self._path = _file(database)
        self._fd = -1

    def notify(self, *, workers: bool) -> None:
        """Wake live views, and workers if `workers`. Does nothing on a full disk: listeners also poll."""
        with contextlib.suppress(OSError):
            if self._fd < 0:
                self._fd = _open(self._path)
            if workers or not os.pread(self._fd, 1, 0):  # reading an empty file causes no event
                os.pwrite(self._fd, b"\n", 0)

    def close(self) -> None:
        """Close the file; the next `notify` reopens it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class FileListener:
    """See Listener. Works across containers that share the volume.

    `everything`: also report commits that give workers nothing new to do.

    Notifications can be lost, because a process can die between its commit and the notification, and the file can be
    removed with its directory.
    """

    def __init__(self, database: Path, *, everything: bool) -> None:
        self._path = _file(database)
        self._heard = flags.MODIFY | flags.ATTRIB | (flags.ACCESS if everything else 0)
        self._inotify = INotify()
        self._watch()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            os.close(_open(self._path))
            self._inotify.add_watch(self._path, self._heard)

    def fileno(self) -> int:
        """See Listener."""
        return int(self._inotify.fileno())

    def clear(self) -> None:
        """See Listener."""
        if any(event.mask & flags.ATTRIB for event in self._inotify.read(timeout=0)):
            self._watch()  # the file may have been removed and recreated

    def close(self) -> None:
        """See Listener."""
        self._inotify.close()
