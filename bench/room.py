"""A directory for each system that is measured."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.running import ROOT


@contextmanager
def room() -> Iterator[Path]:
    """An empty one. All are removed when the program ends, and not before.

    ext4 gives an inode to nobody else for minutes after its file was removed, and looks at each of those before it
    makes a file: where 10,000 were just removed, 700 µs go into each log in place of 20.
    """
    yield Path(tempfile.mkdtemp(dir=_rooms().name))


@cache
def _rooms() -> tempfile.TemporaryDirectory[str]:
    (ROOT / ".bench").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="rooms-", dir=ROOT / ".bench")
