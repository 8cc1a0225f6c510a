"""Signs of life: one small file a worker, beside the database.

They are kept out of the database so that a full disk, a lock or a fault of it stops no heart, and idle workers
write nothing to it. The file tells two things:

- its content, until when the worker's leases are good: seconds of the clock that started with the machine
  (`CLOCK_BOOTTIME`), which nobody can set and all processes of the machine share, also those in containers;
- its lock (`flock`), held by the worker and its spawner together: once it is free, both have ended, and the spawner
  ends only after the commands. The kernel lets go of it, whichever way they died.
"""

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from queuectl_core.sqlite.clock import uptime

_SECONDS = struct.Struct("d")


class Heartbeats:
    """The files of all workers, and the hearts that beat in this process."""

    def __init__(self, database: Path) -> None:
        self._directory = database.with_suffix(".workers")
        self._own: dict[str, int] = {}

    def begin(self, worker: str, lease_seconds: float) -> None:
        """A worker lives from now on. Raises OSError."""
        self._directory.mkdir(exist_ok=True)
        unnamed = self._directory / f".{worker}"  # nobody shall see it before it is locked
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(descriptor, uptime() + lease_seconds)
            unnamed.rename(self._directory / worker)
        except BaseException:
            os.close(descriptor)
            unnamed.unlink(missing_ok=True)
            raise
        self._own[worker] = descriptor

    def beat(self, worker: str, lease_seconds: float) -> bool:
        """Push the end of the worker's leases on. Raises OSError.

        False where they may be others' by now: it comes too late, or the file was taken away.
        """
        descriptor = self._own[worker]
        old = _read(descriptor)
        _write(descriptor, uptime() + lease_seconds)
        # Looked at after writing: whoever was stopped in between has not extended anything.
        return uptime() <= old and os.fstat(descriptor).st_nlink > 0

    def lock(self, worker: str) -> int:
        """The descriptor that holds the lock, to be passed to whoever must have ended as well before it is free."""
        return self._own[worker]

    def end(self, worker: str) -> None:
        """A worker of this process lives no more."""
        if worker in self._own:
            os.close(self._own.pop(worker))
            self.forget(worker)

    def close(self) -> None:
        """Let go of all that this process holds; to everybody else they have died."""
        for descriptor in self._own.values():
            os.close(descriptor)
        self._own.clear()

    def forget(self, worker: str) -> None:
        """Remove the file of a worker that has died."""
        with contextlib.suppress(OSError):
            (self._directory / worker).unlink()

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

    def dead(self) -> list[str]:
        """The workers whose lock is free."""
        try:
            names = [path.name for path in self._directory.iterdir() if not path.name.startswith(".")]
        except OSError:
            return []
        return [name for name in names if name not in self._own and self._is_free(name)]

    def _is_free(self, worker: str) -> bool:
        try:
            with (self._directory / worker).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _write(descriptor: int, until: float) -> None:
    os.pwrite(descriptor, _SECONDS.pack(until), 0)


def _read(descriptor: int) -> float:
    seconds: float = _SECONDS.unpack(os.pread(descriptor, _SECONDS.size, 0))[0]
    return seconds
