"""A file system of a few MiB, so that it can be filled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lacking import lacking


@contextmanager
def small_disk(directory: Path, mebibytes: int) -> Iterator[None]:
    """Make the directory, with a file system of that size on it as long as the block lasts."""
    if os.geteuid() or not shutil.which("mount"):
        lacking("only root can mount a file system")
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def fill(ballast: Path) -> None:
    """Take the room that is left, to the last byte."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 12))
