"""Serializes checkpoints, which copy the WAL into the database file.

SQLite before 3.51.3 can corrupt a database (the "WAL-reset bug"): a checkpoint reads the length of the WAL, another
connection restarts the WAL, and the checkpoint then marks pages of the new WAL as copied although they are not. A WAL
can be restarted only when all of it has been copied. So a checkpoint is safe if the WAL contains pages that cannot have
been copied yet: those of a commit that the same connection made while it held this lock, without which no connection
copies anything.
"""

import fcntl
import os
from pathlib import Path
from typing import Self

PAGES = 1000
"""A commit checkpoints if the WAL has this many pages; SQLite's default."""


class CheckpointLock:
    """A lock file next to the database. Hold it from before a commit until the checkpoint after it has ended.

    The kernel releases it if the process dies. Raises OSError if the file cannot be opened.
    """

    def __init__(self, database: Path) -> None:
        self._fd = os.open(database.with_suffix(".checkpoint.lock"), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o664)

    def take(self, *, wait: bool = False) -> bool:
        """Acquire the lock; False if another connection holds it and `wait` is false, or if the kernel refuses."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Release the lock."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, which also releases the lock."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
