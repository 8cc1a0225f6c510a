"""Process trees: everything that a command started, however it tried to get away.

A descendant that calls setsid leaves the group, and one whose parent ends falls to the nearest subreaper;
it is then known by the marks that every command carries in its environment.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
DYING_SECONDS = 5.0


class Process(NamedTuple):
    """A line of /proc: a process, its parent and its group."""

    pid: int
    parent: int
    group: int


def become_subreaper() -> None:
    """Have orphaned descendants fall to this process instead of to init."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """The processes whose parent is this one (which has a single thread)."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def send(number: int, roots: Iterable[int]) -> None:
    """Signal `roots`, their groups where they lead one, and all their descendants, each once."""
    everybody = _everybody()
    reached: set[int] = set()
    for root in roots:
        leads = any(process.pid == root == process.group for process in everybody)
        if leads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(root, number)
        for process in _with_descendants(root, everybody):
            if process.pid not in reached and not (leads and process.group == root):
                _kill(process.pid, number)
            reached.add(process.pid)
            if number == signal.SIGTERM:
                _kill(process.pid, signal.SIGCONT)  # one that is stopped would not see it


def carries(pid: int, marks: frozenset[bytes]) -> bool:
    """Whether the environment with which `pid` was started holds all `marks` (`NAME=value`)."""
    try:
        return marks <= set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return False


def end_all(mark: bytes) -> bool:
    """Kill everything on this machine that carries `mark`; False where some of it will not die."""
    deadline = time.monotonic() + DYING_SECONDS
    marks = frozenset([mark])
    while marked := [process.pid for process in _everybody() if carries(process.pid, marks)]:
        if time.monotonic() > deadline:
            return False
        for pid in marked:
            _kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return True


def _everybody() -> list[Process]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text(errors="replace")
            except OSError:
                continue
            _state, parent, group = text[text.rindex(")") + 2 :].split()[:3]
            found.append(Process(int(entry.name), int(parent), int(group)))
    return found


def _with_descendants(root: int, everybody: list[Process]) -> list[Process]:
    by_parent: dict[int, list[Process]] = {}
    for process in everybody:
        by_parent.setdefault(process.parent, []).append(process)
    found = [process for process in everybody if process.pid == root]
    for process in found:  # grows while it is walked
        found.extend(by_parent.get(process.pid, ()))
    return found


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
