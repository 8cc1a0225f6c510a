"""IPC objects: shared memory, message queues and semaphores, which outlive the processes that created them."""

import ctypes
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

POSIX_QUEUES = Path("/dev/mqueue")

IPC_RMID = 0
SHM_INFO, MSG_INFO, SEM_INFO = 14, 12, 19

_libc = ctypes.CDLL(None, use_errno=True)


class _Kind(NamedTuple):
    """Of System V. `count` fills in numbers; that at index `used` says how many exist. `remove` takes an id."""

    table: Path
    count: Callable[[object], int]
    used: int
    remove: Callable[[int], int]


_KINDS = (
    _Kind(Path("/proc/sysvipc/shm"), partial(_libc.shmctl, 0, SHM_INFO), 0, lambda n: _libc.shmctl(n, IPC_RMID, None)),
    _Kind(Path("/proc/sysvipc/msg"), partial(_libc.msgctl, 0, MSG_INFO), 0, lambda n: _libc.msgctl(n, IPC_RMID, None)),
    _Kind(Path("/proc/sysvipc/sem"), partial(_libc.semctl, 0, 0, SEM_INFO), 7, lambda n: _libc.semctl(n, 0, IPC_RMID)),
)


def creators() -> set[int]:
    """The uids that have created objects which still exist. Cheap if there are none: the tables are not read then."""
    of_system_v = {creator for kind in _KINDS if _any(kind) for _, creator in _objects(kind)}
    return of_system_v | {creator for _, creator in _posix_queues()}


def remove_all(uid: int) -> None:
    """Remove what that user has created. The caller must be that user: only the creator and the owner may."""
    for kind in _KINDS:
        for number, creator in _objects(kind):
            if creator == uid:
                kind.remove(number)
    for queue, creator in _posix_queues():
        if creator == uid:
            queue.unlink(missing_ok=True)


def _posix_queues() -> list[tuple[Path, int]]:
    """Each with its creator, where they can be seen as files."""
    try:
        return [(queue, queue.lstat().st_uid) for queue in POSIX_QUEUES.iterdir()]
    except OSError:
        return []


def _any(kind: _Kind) -> bool:
    numbers = (ctypes.c_int * 32)()
    return kind.count(ctypes.byref(numbers)) < 0 or bool(numbers[kind.used])


def _objects(kind: _Kind) -> list[tuple[int, int]]:
    """Id and creator of each object."""
    try:
        head, *rows = (line.split() for line in kind.table.read_text().splitlines())
    except OSError:  # a kernel without System V IPC
        return []
    return [(int(row[1]), int(row[head.index("cuid")])) for row in rows]
