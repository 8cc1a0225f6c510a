"""The system's programs and files on this machine."""

import os
import shutil
import sys
from pathlib import Path

from queuectl_cli.failure import Failure


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


def log_file(service: str) -> Path:
    """The log of a service that was started from here."""
    directory = data_dir() / "log"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{service}.log"


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
