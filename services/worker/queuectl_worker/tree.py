"""Process trees: everything that a command started, however it tried to get away.

A descendant that calls setsid leaves the group, and one whose parent ends falls to the nearest subreaper;
it is then known by the marks that every command carries in its environment, or by its user: see `users`.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
DYING_SECONDS = 5.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Process(NamedTuple):
    """A line of /proc: a process, its parent and its group.

    `cpu_seconds`: its own, and of children that it has waited for; `memory_bytes`: resident, none where it has ended.
    """

    pid: int
    parent: int
    group: int
    cpu_seconds: float
    memory_bytes: int


class Processes:
    """All that there are on this machine at a moment."""

    def __init__(self) -> None:
        self.all = _everybody()
        self._by_pid = {process.pid: process for process in self.all}
        self._by_parent: dict[int, list[Process]] = {}
        for process in self.all:
            self._by_parent.setdefault(process.parent, []).append(process)

    def tree(self, root: int) -> list[Process]:
        """`root`, where it is there, and all its descendants."""
        found = [self._by_pid[root]] if root in self._by_pid else []
        for process in found:  # grows while it is walked
            found.extend(self._by_parent.get(process.pid, ()))
        return found

    def leads(self, pid: int) -> bool:
        """Whether it leads a group."""
        return pid in self._by_pid and self._by_pid[pid].group == pid


def become_subreaper() -> None:
    """Have orphaned descendants fall to this process instead of to init."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(parent: int | None = None) -> set[int]:
    """The processes whose parent is this one, or another that has a single thread as well."""
    pid = parent or os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb", buffering=0) as file:  # noqa: PTH123  # after each command
            return {int(child) for child in file.readall().split()}
    except FileNotFoundError:
        return set()


def send(number: int, roots: Iterable[int]) -> None:
    """Signal `roots`, their groups where they lead one, and all their descendants, each once."""
    processes = Processes()
    reached: set[int] = set()
    for root in roots:
        leads = processes.leads(root)
        if leads:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(root, number)
        for process in processes.tree(root):
            if process.pid not in reached and not (leads and process.group == root):
                _kill(process.pid, number)
            reached.add(process.pid)
            if number == signal.SIGTERM:
                _kill(process.pid, signal.SIGCONT)  # one that is stopped would not see it


def crowded(session: int, most: float) -> bool:
    """Whether a session has more processes than `most`; youngest first, as a crowd is young, and grows meanwhile."""
    found = 0
    for pid in sorted((int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()), reverse=True):
        with contextlib.suppress(OSError):
            found += os.getsid(pid) == session
        if found > most:
            return True
    return False


def kill(processes: Iterable[Process]) -> None:
    """Kill these at once, with all of their groups, so that none of them escapes by making another.

    A command has a session of its own: nobody else is in a group of one of its processes.
    """
    for group in {process.group for process in processes}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def own_peak() -> int:
    """The most bytes that this process has held so far."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


def session(pid: int) -> int:
    """The session of a process; 0 where it has ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def environment(pid: int) -> set[bytes]:
    """The environment with which `pid` was started (`NAME=value`); empty where it cannot be read."""
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return set()


def arguments(pid: int) -> list[bytes]:
    """Those with which a process was started; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def marked(mark: bytes) -> list[int]:
    """Everything on this machine that carries `mark`."""
    return [process.pid for process in _everybody() if mark in environment(process.pid)]


def end_all(find: Callable[[], list[int]]) -> bool:
    """Kill what `find` finds until it finds nothing more; False where some of it will not die."""
    deadline = time.monotonic() + DYING_SECONDS
    while found := find():
        if time.monotonic() > deadline:
            return False
        for pid in found:
            _kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
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
            fields = text[text.rindex(")") + 2 :].split()  # from the third one on, as proc(5) counts them
            cpu_seconds = sum(int(ticks) for ticks in fields[11:15]) / TICKS
            memory_bytes = int(fields[21]) * PAGE_BYTES
            found.append(Process(int(entry.name), int(fields[1]), int(fields[2]), cpu_seconds, memory_bytes))
    return found


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
