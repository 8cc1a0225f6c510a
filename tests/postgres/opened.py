"""Opens stores on databases of tests, as a program on a host with workers would."""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from queuectl_core.store import open as core
from queuectl_core.store.store import Store


def open_store(url: str, *, durable: bool = True, busy_seconds: float | None = None) -> Store:
    """See the core's. All stores of a database that a test process opens are on one host."""
    return core.open_store(url, durable=durable, busy_seconds=busy_seconds, data_dir=_data_dir(url))


@cache
def _data_dir(_url: str) -> Path:
    directory = Path(mkdtemp(prefix="queuectl-host-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory
