"""Commands as Unix users of their own: while one runs, nobody else has its uid.

So it can neither read what belongs to the queue or to another command (files, /proc, environments), nor signal anything
but its own. The spawner needs three capabilities for that and keeps them to itself: what it starts has none.
Whom a process belongs to is told by its uid, which without capabilities it cannot change.
"""

import ctypes
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from queuectl_worker import ipc, programs, tree

COUNT = 10_000
"""How many uids from the first one on are those of commands."""

GATE = 3
THROUGH_GATE = f"read -r _ <&{GATE}; exec {GATE}<&-; "
"""In front of a shell's script: nothing else of it is done until the gate is open: see Users.acting_as."""

OWN_VARIABLES = frozenset(["QUEUECTL_JOB_ID", "QUEUECTL_ATTEMPT", "QUEUECTL_QUEUE", "TMPDIR", "HOME"])
"""What a command's environment may hold for that: it is nothing to its shell. With others (LD_PRELOAD) that does more
than its script says."""

NEEDED = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}
UMASK = 0o002
SPAWNER = b"queuectl_worker.spawner"
_CAPABILITY_VERSION_3 = 0x20080522


def hindrance(first: int, directories: Iterable[Path]) -> str | None:
    """Why commands cannot be given users of their own, or could still get at `directories` or this program itself."""
    held = _capabilities()
    if lacking := [name for name, bit in NEEDED.items() if not held >> bit & 1]:
        return f"this process lacks {', '.join(lacking)}, which setpriv --ambient-caps gives: or unset it"
    if os.getuid() in _range(first):
        return f"this process' own uid, {os.getuid()}, is one of the {COUNT} from there on: choose others"
    for directory in directories:
        if directory.exists() and directory.stat().st_mode & 0o007:
            return f"commands could enter {directory}: chmod o= {directory}"
    for path in map(Path, sys.path):
        if programs.others_can_write(path):
            return f"commands could write to {path.absolute()}, from which Python imports modules: chmod o-w it"
    return None


def _capabilities() -> int:
    """Those that a program has which is started by this process, a bit each."""
    field = "CapAmb:" if os.getuid() else "CapEff:"
    return int(Path("/proc/self/status").read_text().partition(field)[2].split()[0], 16)


class Users:
    """The uids of the commands of one spawner, from `first` on; their group is `first`. None: they run as it does.

    To be made by the spawner itself, which from then on passes on neither capabilities nor other groups.
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
        """One under which nothing runs, or has for as long as can be: files of its last command may be left."""
        if self._never_used is None:
            return None
        return next(self._never_used, None) or self._free.popleft()

    @contextmanager
    def acting_as(self, uid: int | None) -> Iterator[int | None]:
        """Be that user, and start something, which stays so; None: remain oneself. Raises OSError.

        Whatever runs as that user could signal this process meanwhile. So it is to wait at a gate, a pipe whose end
        comes when this process is itself again; yields where it is read.
        """
        if uid is None:
            yield None
            return
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
        """Be that user from now on."""
        if uid is not None:
            os.setresgid(self.group, self.group, self.group)
            os.setresuid(uid, uid, uid)

    def give_back(self, uid: int | None) -> None:
        """Its command has ended; what that left behind may still run."""
        if uid is not None:
            self._ended.add(uid)

    def free(self, orphans: set[int]) -> None:
        """Of those given back, all under which nothing runs: none of `orphans`, which are all that commands left.

        What outlives processes in the kernel's memory is removed first.
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
    """The uid of a process; None where there is none."""
    return ids[1] if (ids := _parent_and_owner(pid)) else None


def left(first: int, mark: bytes) -> list[int]:
    """What is left of the worker with that mark, or of any that is dead: spawners, and commands' processes without one.

    The environment of such a process cannot be read. But a spawner can be told by its arguments, and what it starts
    stays below it as long as it lives.
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
        if (of_parent := owner(parent)) is not None:  # else it died just now, and there is another parent
            return of_parent not in users and SPAWNER not in tree.arguments(parent)
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
