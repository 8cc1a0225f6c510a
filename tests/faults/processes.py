"""Finds and signals processes by what the kernel tells of them. A zombie counts as gone."""

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path


def living_in(directory: Path) -> list[int]:
    """Those whose working directory it is: all that a service started there has started, however indirectly."""
    return [pid for pid in _pids() if _working_directory(pid) == str(directory)]


def is_command(pid: int) -> bool:
    """Whether it was started by a job's command."""
    return b"\0QUEUECTL_JOB_ID=" in b"\0" + _read(pid, "environ")


def children(pid: int) -> list[int]:
    """Its children; none where it has gone."""
    return [int(child) for child in _read(pid, f"task/{pid}/children").split()]


def tree(pid: int) -> list[int]:
    """The process, then all its descendants."""
    found = [pid]
    for each in found:  # grows while it is walked
        found.extend(children(each))
    return found


def words(pid: int) -> str:
    """Its command line, short."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")[-60:].strip()


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """Signal those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _pids() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _working_directory(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())  # none where it is a zombie
    except OSError:
        return None


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
