"""A temporary directory for each system that is measured."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.running import ROOT


@contextmanager
def temp_dir() -> Iterator[Path]:
    """An empty directory. All of them are removed only when the program ends.

    ext4 does not reuse the inode of a removed file for minutes, and checks all of those when it creates a file: after
    10,000 removals, creating a log file takes 700 µs instead of 20.
    """
    yield Path(tempfile.mkdtemp(dir=_parent().name))


@cache
def _parent() -> tempfile.TemporaryDirectory[str]:
    (ROOT / ".bench").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="data-", dir=ROOT / ".bench")
