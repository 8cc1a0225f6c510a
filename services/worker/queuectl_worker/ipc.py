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


class _Type(NamedTuple):
    """Of System V objects. `count` fills in numbers: that at `used` tells how many exist. `remove` takes an id."""

    table: Path
    count: Callable[[object], int]
    used: int
    remove: Callable[[int], int]


_TYPES = (
    _Type(Path("/proc/sysvipc/shm"), partial(_libc.shmctl, 0, SHM_INFO), 0, lambda n: _libc.shmctl(n, IPC_RMID, None)),
    _Type(Path("/proc/sysvipc/msg"), partial(_libc.msgctl, 0, MSG_INFO), 0, lambda n: _libc.msgctl(n, IPC_RMID, None)),
    _Type(Path("/proc/sysvipc/sem"), partial(_libc.semctl, 0, 0, SEM_INFO), 7, lambda n: _libc.semctl(n, 0, IPC_RMID)),
)


def creators() -> set[int]:
    """The uids that have created objects which still exist. If there are none, no table is read."""
    of_system_v = {creator for of_type in _TYPES if _any(of_type) for _, creator in _objects(of_type)}
    return of_system_v | {creator for _, creator in _posix_queues()}


def remove_all(uid: int) -> None:
    """Remove what that user has created. Call it as that user: only creator and owner may remove an object."""
    for of_type in _TYPES:
        for number, creator in _objects(of_type):
            if creator == uid:
                of_type.remove(number)
    for queue, creator in _posix_queues():
        if creator == uid:
            queue.unlink(missing_ok=True)


def _posix_queues() -> list[tuple[Path, int]]:
    """Each with its creator, if they are visible as files."""
    try:
        return [(queue, queue.lstat().st_uid) for queue in POSIX_QUEUES.iterdir()]
    except OSError:
        return []


def _any(of_type: _Type) -> bool:
    numbers = (ctypes.c_int * 32)()
    return of_type.count(ctypes.byref(numbers)) < 0 or bool(numbers[of_type.used])


def _objects(of_type: _Type) -> list[tuple[int, int]]:
    """Id and creator of each object."""
    try:
        head, *rows = (line.split() for line in of_type.table.read_text().splitlines())
    except OSError:  # a kernel without System V IPC
        return []
    return [(int(row[1]), int(row[head.index("cuid")])) for row in rows]
