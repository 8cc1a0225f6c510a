"""Room for large files that are needed for a while."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from queuectl_core.errors import UnderWay


@contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    """`directory`, empty, for one caller at a time, and gone afterwards. Raises UnderWay, OSError.

    A lock that ends with its process guards it, so that whoever comes next can tell what a killed one has left.
    """
    with directory.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise UnderWay(directory.name) from fault
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def sweep(directory: Path) -> None:
    """Remove what a killed process has left there."""
    if directory.exists():
        with suppress(UnderWay, OSError), scratch(directory):
            pass
