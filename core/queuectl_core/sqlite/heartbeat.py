"""Signs of life: one small file a worker, beside the database.

They are kept out of the database so that a full disk, a lock or a fault of it stops no heart, and idle workers
write nothing to it. The file tells two things:

- its content, until when the worker's leases are good: seconds of the clock that started with the machine
  (`CLOCK_BOOTTIME`), which nobody can set and all processes of the machine share, also those in containers;
- its lock (`flock`), held by the worker's spawner, which ends only after all commands: while it is held, some may run,
  even if they are frozen now. The kernel lets go of it, whichever way the spawner dies.
"""

import contextlib
import fcntl
import os
import struct
import time
from pathlib import Path

from queuectl_core.sqlite.clock import uptime

_SECONDS = struct.Struct("d")
BIRTH_SECONDS = 60.0


class Heartbeats:
    """The files of all workers, and the hearts that beat in this process."""

    def __init__(self, database: Path) -> None:
        self._directory = database.with_suffix(".workers")
        self._own: dict[str, int] = {}
        self._locks: dict[str, int] = {}

    def begin(self, worker: str, lease_seconds: float) -> None:
        """A worker lives from now on; its lock is held by this process, until it is handed over. Raises OSError."""
        self._directory.mkdir(exist_ok=True)
        self.end(worker)
        path = self._directory / worker
        self._locks[worker] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        fcntl.flock(self._locks[worker], fcntl.LOCK_EX)
        self._own[worker] = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        _write(self._own[worker], uptime() + lease_seconds)

    def hand_over_lock(self, worker: str) -> int:
        """The descriptor that holds the lock; the caller passes it on, and closes it."""
        return self._locks.pop(worker)

    def beat(self, worker: str, lease_seconds: float) -> bool:
        """Push the end of the worker's leases on. Raises OSError.

        False where they may be others' by now: it comes too late, or the file was taken away.
        """
        descriptor = self._own[worker]
        old = _read(descriptor)
        _write(descriptor, uptime() + lease_seconds)
        # Looked at after writing: whoever was stopped in between has not extended anything.
        return uptime() <= old and os.fstat(descriptor).st_nlink > 0

    def end(self, worker: str) -> None:
        """A worker lives no more: its file is removed."""
        for kept in (self._own, self._locks):
            if worker in kept:
                os.close(kept.pop(worker))
        with contextlib.suppress(OSError):
            (self._directory / worker).unlink()

    def close(self) -> None:
        """Let go of all that this process holds."""
        for kept in (self._own, self._locks):
            for descriptor in kept.values():
                os.close(descriptor)
            kept.clear()

    def last(self, worker: str) -> float | None:
        """When it last gave a sign of life, in seconds since the epoch."""
        try:
            return (self._directory / worker).stat().st_mtime
        except OSError:
            return None

    def expired(self, worker: str) -> bool:
        """Whether its leases have run out. A worker whose file was taken away gives up as well."""
        try:
            with (self._directory / worker).open("rb") as file:
                return _read(file.fileno()) < uptime()
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def all(self) -> list[str]:
        """The workers that have a file."""
        try:
            return sorted(path.name for path in self._directory.iterdir())
        except OSError:
            return []

    def locked(self, worker: str) -> bool:
        """Whether something of it may still run. A file that is just being made counts as locked."""
        try:
            with (self._directory / worker).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                status = os.fstat(file.fileno())
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return status.st_size == 0 and time.time() - status.st_mtime < BIRTH_SECONDS


def _write(descriptor: int, until: float) -> None:
    os.pwrite(descriptor, _SECONDS.pack(until), 0)


def _read(descriptor: int) -> float:
    """Zero, which is long past, where there is nothing: the file is just being made, or a power cut has emptied it."""
    content = os.pread(descriptor, _SECONDS.size, 0)
    seconds: float = _SECONDS.unpack(content)[0] if len(content) == _SECONDS.size else 0.0
    return seconds
