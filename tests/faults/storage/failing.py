"""A file system on which operations fail on command.

Run as a program with three paths: the directory, where to mount, and a file that holds the name of an error, such as
EROFS, as long as everything that changes something shall fail with it; or of an error and an operation.
"""

import errno
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import mfusepy

from tests.faults.power_cut.filesystem import Recorder

CHANGES = ("create", "unlink", "rename", "mkdir", "rmdir", "write", "truncate", "fsync")


class Failing(Recorder):
    """Passes everything on, unless it is told to fail."""

    def __init__(self, directory: Path, switch: Path) -> None:
        with Path("/dev/null").open("wb") as nowhere:
            super().__init__(directory, nowhere)
        self._switch = switch
        for name in CHANGES:
            setattr(self, name, self._failing(name, getattr(self, name)))

    def _record(self, record: object) -> None:
        pass

    def _failing(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def instead(*arguments: Any) -> Any:
            error, _, only = self._switch.read_text().partition(" ")
            if error and only in ("", name):
                raise mfusepy.FuseOSError(getattr(errno, error))
            return operation(*arguments)

        return instead


if __name__ == "__main__":
    directory, mount, switch = map(Path, sys.argv[1:])
    mfusepy.FUSE(Failing(directory, switch), str(mount), foreground=True, nothreads=True)
