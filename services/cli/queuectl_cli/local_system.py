"""The system on this machine: its programs, its files, and the URL of its API."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

from queuectl_cli import private_file
from queuectl_cli.failure import Failure

DEFAULT_URL = "http://127.0.0.1:8000"
LISTENS = b"0A"
LINE_BYTES = 150


def program(name: str) -> str:
    """The path of one of the system's programs, next to this one or on PATH. Raises Failure."""
    sibling = Path(sys.executable).parent / name
    found = str(sibling) if sibling.is_file() else shutil.which(name)
    if found is None:
        package = "queuectl-worker" if name == "queuectl-worker" else "queuectl-api"
        raise Failure(f"{name} is not installed: use 'pip install {package}', or 'make up' in a checkout")
    return found


def data_dir() -> Path:
    """The data directory, by the same rule as the core's settings."""
    given = os.environ.get("QUEUECTL_DATA_DIR")
    if given:
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "queuectl"


def without_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for processes that need no token: commands they run as the same user could read it."""
    return {name: value for name, value in environment.items() if not name.startswith("QUEUECTL_TOKEN")}


def ensure_data_dir() -> Path:
    """The data directory, created private to this user if it is missing. Raises Failure."""
    directory = data_dir()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Failure(f"{directory}: {fault.strerror}: set QUEUECTL_DATA_DIR to another directory") from fault
    return directory


def log_file(service: str) -> Path:
    """The log file of a service started by this program."""
    directory = ensure_data_dir() / "log"
    directory.mkdir(exist_ok=True)
    return directory / f"{service}.log"


def token_file() -> Path:
    """The file in which the API saves the token it generates on its first start."""
    return data_dir() / "token"


def token() -> str | None:
    """The token in that file, if it is there and private."""
    text = private_file.read(token_file())
    return text.strip() if text else None


def url_file() -> Path:
    """The file with the API's URL while `up` is running."""
    return data_dir() / "up.url"


@cache  # it reads three files and has several callers
def up_url() -> str | None:
    """The URL of the API that `queuectl up` runs on this data directory, if it is running."""
    return private_file.read(url_file()) if running_up() else None


def url() -> str:
    """The URL of the API on this machine."""
    return up_url() or DEFAULT_URL


def is_taken_by_another_user(port: int) -> bool:
    """Whether another user listens on this port and would receive what is sent there. Known on Linux only.

    Checks all addresses, IPv4 and IPv6: a listener on [::] also receives what is sent to 127.0.0.1.
    """
    for table in ("tcp", "tcp6"):
        # Listening sockets come first. Read line by line: the kernel is slow to produce the whole table.
        with suppress(OSError), Path("/proc/net", table).open("rb", buffering=LINE_BYTES) as lines:
            for _, address, _, state, _, _, _, user, *_ in map(bytes.split, islice(lines, 1, None)):
                if state != LISTENS:
                    break
                if address.endswith(b":%04X" % port) and int(user) not in (0, os.getuid()):
                    return True
    return False


def pid_file() -> Path:
    """The file with the process id of `up`, for `down`."""
    return data_dir() / "up.pid"


def running_up() -> int | None:
    """The process id of the `queuectl up` on this data directory, if it is running."""
    try:
        pid = int(pid_file().read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if b"up" in words else None
