"""The system on this machine: its programs, its files, and where its API listens."""

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
    """The path of one of the system's programs: beside this one, or on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        package = "queuectl-worker" if name == "queuectl-worker" else "queuectl-api"
        raise Failure(f"{name} is not installed here: 'pip install {package}' (or 'make up' in a checkout) brings it")
    return found


def data_dir() -> Path:
    """Where the system keeps its things: the rule of the core's settings."""
    given = os.environ.get("QUEUECTL_DATA_DIR")
    if given:
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "queuectl"


def without_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """For processes that need none: what they run as the same user could read it there."""
    return {name: value for name, value in environment.items() if not name.startswith("QUEUECTL_TOKEN")}


def made_data_dir() -> Path:
    """It is there; nobody else may look into one that is made."""
    directory = data_dir()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Failure(f"{directory}: {fault.strerror}: set QUEUECTL_DATA_DIR to another directory") from fault
    return directory


def log_file(service: str) -> Path:
    """The log of a service that was started from here."""
    directory = made_data_dir() / "log"
    directory.mkdir(exist_ok=True)
    return directory / f"{service}.log"


def token_file() -> Path:
    """Where the API leaves the token that it makes at its first start."""
    return data_dir() / "token"


def token() -> str | None:
    """That token."""
    text = private_file.read(token_file())
    return text.strip() if text else None


def url_file() -> Path:
    """Where `up` leaves the API's URL, while it runs."""
    return data_dir() / "up.url"


@cache  # it reads three files, and more than one asks
def up_url() -> str | None:
    """Where the API of the `queuectl up` is that runs on this data directory, if one does."""
    return private_file.read(url_file()) if running_up() else None


def url() -> str:
    """Where the API of this machine is."""
    return up_url() or DEFAULT_URL


def is_taken_by_another_user(port: int) -> bool:
    """Whether somebody else listens there, who would be shown what is sent. Linux tells; elsewhere it is not known.

    At whichever address, of both kinds: who listens to [::] hears what is sent to 127.0.0.1.
    """
    for table in ("tcp", "tcp6"):
        # Who listens comes first. Read line by line, as the kernel takes long to find the end of the rest.
        with suppress(OSError), Path("/proc/net", table).open("rb", buffering=LINE_BYTES) as lines:
            for _, address, _, state, _, _, _, user, *_ in map(bytes.split, islice(lines, 1, None)):
                if state != LISTENS:
                    break
                if address.endswith(b":%04X" % port) and int(user) not in (0, os.getuid()):
                    return True
    return False


def pid_file() -> Path:
    """Where `up` leaves its process id for `down`."""
    return data_dir() / "up.pid"


def running_up() -> int | None:
    """The process id of the `queuectl up` that runs on this data directory, if one does."""
    try:
        pid = int(pid_file().read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if b"up" in words else None
