"""The worker's link to its guard: a socket through which it hands over descriptors, and the memory that they share."""

import os
import signal
import socket
import struct
from contextlib import suppress

from queuectl_worker.slots import SharedMemory

FORWARDED = signal.SIGUSR1
"""The signal by which the guard asks the worker to drain.

The worker ignores SIGTERM and SIGINT, since some supervisors send them to all processes of a service.
"""

NUMBER = struct.Struct("<i")
"""In front of each descriptor: the slot whose pipe it is, or LOCK."""

LOCK = -1


class GuardDied(Exception):
    """The worker must end."""


class GuardLink:
    """The worker's side. `pid`: the guard's; `memory`: shared with it; `open_files`: the limit before it was raised."""

    def __init__(self, memory: SharedMemory, link: socket.socket, open_files: int) -> None:
        self.pid = os.getppid()
        self.memory = memory
        self.open_files = open_files
        self._link = link

    def fileno(self) -> int:
        """Readable when the guard has died: call `hear`."""
        return self._link.fileno()

    def hear(self, _: int) -> None:
        """Raises GuardDied, since the guard never sends anything."""
        raise GuardDied

    def hold(self, lock: int, logs: str) -> None:
        """Hand over the lock, to be held until guard and worker have ended; `logs`: the URL of the log store."""
        self._send(LOCK, lock, os.fsencode(logs))

    def share(self, slot: int, pipe: int) -> None:
        """Hand over the reading end of that slot's pipe."""
        self._send(slot, pipe)

    def _send(self, number: int, descriptor: int, more: bytes = b"") -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # `hear` will raise GuardDied soon
            socket.send_fds(self._link, [NUMBER.pack(number), more], [descriptor])
