"""An exclusive directory for large temporary files."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from queuectl_core.model.errors import UnderWay


@contextmanager
def exclusive_temp_dir(directory: Path) -> Iterator[Path]:
    """Create `directory` for one caller at a time; it is removed afterwards. Raises UnderWay, OSError.

    The lock ends with its process, so the next caller can remove what a killed process left behind.
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
    """Remove what a killed process left behind."""
    if directory.exists():
        with suppress(UnderWay, OSError), exclusive_temp_dir(directory):
            pass
