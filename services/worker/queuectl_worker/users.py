"""Each command runs as a Unix user of its own: while it runs, no other process has its uid.

So it can neither read what belongs to the queue or to another command (files, /proc, environments), nor signal other
processes. The worker needs three capabilities for that, and passes none of them on.
The uid of a process also tells which command it belongs to, since it cannot change it without capabilities.
"""

import ctypes
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from queuectl_worker import ipc, name, programs, tree

COUNT = 10_000
"""How many uids are reserved for commands, from the first one on."""

GATE = 3
THROUGH_GATE = f"read -r _ <&{GATE}; exec {GATE}<&-; "
"""Prepended to a shell's script, which waits until the gate opens: see Users.acting_as."""

OWN_VARIABLES = frozenset(["QUEUECTL_JOB_ID", "QUEUECTL_ATTEMPT", "QUEUECTL_QUEUE", "TMPDIR", "HOME"])
"""Variables that do not change what the shell does while it waits at the gate, as LD_PRELOAD would."""

NEEDED = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}
UMASK = 0o002
_CAPABILITY_VERSION_3 = 0x20080522


def unavailable_reason(first: int, directories: Iterable[Path]) -> str | None:
    """Why commands cannot have users of their own, or could still reach `directories` or this program itself."""
    held = _capabilities()
    if lacking := [capability for capability, bit in NEEDED.items() if not held >> bit & 1]:
        return f"this process lacks {', '.join(lacking)}, which setpriv --ambient-caps grants; grant them, or unset it"
    if os.getuid() in _range(first):
        return f"this process' own uid, {os.getuid()}, is one of the {COUNT} from there on: choose another range"
    for directory in directories:
        if directory.exists() and directory.stat().st_mode & 0o007:
            return f"commands could enter {directory}: chmod o= {directory}"
    for path in map(Path, sys.path):
        if programs.others_can_write(path):
            return f"commands could write to {path.absolute()}, from which Python imports modules: chmod o-w it"
    return None


def _capabilities() -> int:
    """Those that a program started by this process has, one bit each."""
    field = "CapAmb:" if os.getuid() else "CapEff:"
    return int(Path("/proc/self/status").read_text().partition(field)[2].split()[0], 16)


class Users:
    """The uids of a worker's commands, from `first` on; their group is `first`. None: they run as the worker's user.

    Creating one makes this process pass on neither capabilities nor supplementary groups.
    """

    def __init__(self, first: int | None) -> None:
        self.group = -1 if first is None else first
        self._free: deque[int] = deque()
        self._ended: set[int] = set()
        self._uid, self._gid = os.getuid(), os.getgid()
        self._never_used = None if first is None else iter(_range(first))
        if first is not None:
            os.setgroups([])
            os.umask(UMASK)
            pass_on_no_capability()

    def take(self) -> int | None:
        """An idle uid, least recently used first, since its last command may have left files."""
        if self._never_used is None:
            return None
        return next(self._never_used, None) or self._free.popleft()

    def acting_as(self, uid: int | None) -> AbstractContextManager[int | None]:
        """Switch to that user to start a process, and back; None: do not switch. Raises OSError.

        Meanwhile, processes of that user could signal this one. So the new process must wait at a gate, a pipe that
        reaches its end once this process has switched back; yields the descriptor to read from.
        """
        return nullcontext() if uid is None else self._acting_as(uid)

    @contextmanager
    def _acting_as(self, uid: int) -> Iterator[int]:
        gate, opener = os.pipe2(os.O_CLOEXEC)
        os.setresgid(self.group, self.group, -1)
        os.setresuid(uid, uid, self._uid)
        try:
            yield gate
        finally:
            os.setresuid(self._uid, self._uid, self._uid)
            os.setresgid(self._gid, self._gid, self._gid)
            os.close(opener)
            os.close(gate)

    def become(self, uid: int | None) -> None:
        """Switch to that user for good."""
        if uid is not None:
            os.setresgid(self.group, self.group, self.group)
            os.setresuid(uid, uid, uid)

    def give_back(self, uid: int | None) -> None:
        """Its command has ended, but leftovers may still run."""
        if uid is not None:
            self._ended.add(uid)

    def free(self, orphans: set[int]) -> None:
        """Make available the uids given back that none of `orphans` has: those are all that commands have left.

        IPC objects outlive processes, so they are removed first.
        """
        if self._ended:
            in_use = {owner(pid) for pid in orphans}
            idle = self._ended - in_use
            for uid in idle & ipc.creators():
                try:
                    with self.acting_as(uid):
                        ipc.remove_all(uid)
                except OSError:  # tried again when the next command ends
                    idle.remove(uid)
            self._free.extend(idle)
            self._ended -= idle


def owner(pid: int) -> int | None:
    """The uid of a process; None if it has ended."""
    return ids[1] if (ids := _parent_and_owner(pid)) else None


def left(first: int, mark: bytes) -> list[int]:
    """Pids of the worker with that mark, and of commands whose worker is dead.

    The environments of such processes cannot be read. But a worker is recognized by its arguments, and its commands
    stay below it in the process tree as long as it lives.
    """
    users = _range(first)
    return [
        process.pid
        for process in tree.Processes().all
        if mark in tree.arguments(process.pid) or (owner(process.pid) in users and _is_orphan(process.pid, users))
    ]


def _range(first: int) -> range:
    return range(first, first + COUNT)


def _is_orphan(pid: int, users: range) -> bool:
    while ids := _parent_and_owner(pid):
        parent, _ = ids
        if (of_parent := owner(parent)) is not None:  # otherwise it died just now, and there is another parent
            return of_parent not in users and not any(map(name.is_mark, tree.arguments(parent)))
    return False


def _parent_and_owner(pid: int) -> tuple[int, int] | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return None
    return int(status.partition("\nPPid:")[2].split()[0]), int(status.partition("\nUid:")[2].split()[0])


def pass_on_no_capability() -> None:
    """Empty the inheritable set, and with it the ambient one."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    sets[2] = sets[5] = 0  # twice 32 bits: effective, permitted, inheritable
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "the capabilities cannot be given up")
