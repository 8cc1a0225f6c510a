"""Process trees: everything that a command has started, even if it tries to escape.

A descendant that calls setsid leaves the group, and one whose parent ends is adopted by the nearest subreaper. It is
then recognized by variables in its environment, or by its user: see `users`.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36
DYING_SECONDS = 1.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Process(NamedTuple):
    """A process as /proc shows it.

    `cpu_seconds`: including children that it has waited for; `memory_bytes`: resident, 0 for a zombie.
    """

    pid: int
    parent: int
    group: int
    cpu_seconds: float
    memory_bytes: int


class Processes:
    """A snapshot of all processes on this machine."""

    def __init__(self) -> None:
        self.all = _read_all()
        self._by_pid = {process.pid: process for process in self.all}
        self._by_parent: dict[int, list[Process]] = {}
        for process in self.all:
            self._by_parent.setdefault(process.parent, []).append(process)

    def tree(self, root: int) -> list[Process]:
        """`root`, if it exists, and all its descendants."""
        found = [self._by_pid[root]] if root in self._by_pid else []
        for process in found:  # grows during the iteration
            found.extend(self._by_parent.get(process.pid, ()))
        return found

    def leads(self, pid: int) -> bool:
        """Whether it leads a group."""
        return pid in self._by_pid and self._by_pid[pid].group == pid


def become_subreaper() -> None:
    """Have this process adopt orphaned descendants, instead of init."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(parent: int | None = None) -> set[int]:
    """The children of this process, or of another one with a single thread."""
    pid = parent or os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb", buffering=0) as file:  # noqa: PTH123  # after each command
            return {int(child) for child in file.readall().split()}
    except FileNotFoundError:
        return set()


def send(number: int, roots: Iterable[int]) -> None:
    """Signal `roots`, their groups if they lead one, and all their descendants, each once."""
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
                _kill(process.pid, signal.SIGCONT)  # a stopped process would not handle it


def end_children(others: Collection[int] = ()) -> None:
    """Kill all children except `others`, with their descendants; returns when all are dead, however long it takes."""
    pause = 0.005
    while left := children().difference(others):
        send(signal.SIGKILL, left)
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(pause)
        pause = min(pause * 1.2, 1.0)


def crowded(session: int, most: float) -> bool:
    """Whether a session has more than `most` processes; looks at the newest first, as a fork bomb still grows."""
    found = 0
    for pid in sorted((int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()), reverse=True):
        with contextlib.suppress(OSError):
            found += os.getsid(pid) == session
        if found > most:
            return True
    return False


def kill(processes: Iterable[Process]) -> None:
    """Kill their whole groups, so that none escapes by a fork.

    A command has a session of its own, so the groups of its processes contain no others.
    """
    for group in {process.group for process in processes}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def own_peak() -> int:
    """The peak resident bytes of this process."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


def session(pid: int) -> int:
    """The session of a process; 0 if it has ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def environment(pid: int) -> set[bytes]:
    """The environment with which `pid` was started (`NAME=value`); empty if it cannot be read."""
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return set()


def arguments(pid: int) -> list[bytes]:
    """The arguments with which a process was started; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def marked(mark: bytes) -> list[int]:
    """The pids of all processes with `mark` in their environment."""
    return [process.pid for process in _read_all() if mark in environment(process.pid)]


def end_all(find: Callable[[], list[int]]) -> bool:
    """Kill what `find` finds until it finds nothing; False if some processes do not die within DYING_SECONDS."""
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


def _read_all() -> list[Process]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text(errors="replace")
            except OSError:
                continue
            fields = text[text.rindex(")") + 2 :].split()  # from the third field of proc(5) on
            cpu_seconds = sum(int(ticks) for ticks in fields[11:15]) / TICKS
            memory_bytes = int(fields[21]) * PAGE_BYTES
            found.append(Process(int(entry.name), int(fields[1]), int(fields[2]), cpu_seconds, memory_bytes))
    return found


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
