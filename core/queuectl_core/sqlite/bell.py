"""How one process learns at once that another one has committed."""

import contextlib
import os
from pathlib import Path
from typing import Self

from inotify_simple import INotify, flags


def _bell_file(database: Path) -> Path:
    return database.with_suffix(".bell")


def _open(bell: Path) -> int:
    return os.open(bell, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)


class Bell:
    """A file beside the database that is written to after each commit; or read, where it brings workers nothing to do.

    Of several busy workers, each would else wake all others for everything that it begins and ends.
    Watching the WAL itself would wake listeners before the commit can be seen (the write comes before the
    fsync and the index), and for checkpoints too; a byte written afterwards costs 2 µs and comes on time.
    """

    def __init__(self, database: Path) -> None:
        self._fd = _open(_bell_file(database))

    def ring(self) -> None:
        """Wake all listeners. A full disk does not matter: they look by themselves now and then."""
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, b"\n", 0)

    def ring_softly(self) -> None:
        """Wake those that listen to everything."""
        if not os.pread(self._fd, 1, 0):  # there was nothing to be read, which is not heard
            self.ring()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


class Listener:
    """Hears the bell, also across containers that share the volume. To be waited for by `fileno`.

    `everything`: also what brings workers nothing to do.

    A process can die between its commit and the bell, and the bell can be taken away with its directory: look once
    a second even when it is silent.
    """

    def __init__(self, database: Path, *, everything: bool) -> None:
        self._bell = _bell_file(database)
        self._heard = flags.MODIFY | flags.ATTRIB | (flags.ACCESS if everything else 0)
        self._inotify = INotify()
        self._watch()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            os.close(_open(self._bell))
            self._inotify.add_watch(self._bell, self._heard)

    def fileno(self) -> int:
        """Readable when the bell has rung."""
        return int(self._inotify.fileno())

    def clear(self) -> None:
        """Forget the rings so far; to be called before looking."""
        if any(event.mask & flags.ATTRIB for event in self._inotify.read(timeout=0)):
            self._watch()  # it may have been removed, and made anew

    def close(self) -> None:
        """Stop listening."""
        self._inotify.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
