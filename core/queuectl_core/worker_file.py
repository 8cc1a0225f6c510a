"""The layout of a worker's file: its heartbeat, written by `presence_files`, and the notes of its guard.

This module imports little, because the guard uses it.

- When the worker's leases expire, in seconds of the boot-time clock (`CLOCK_BOOTTIME`), which cannot be set and which
  all processes on the host share, including those in containers.
- Why the worker is on hold, if it is.
- If the worker was killed: the attempts that it has not reported, written by its guard.

All parts have fixed offsets, and all but the last are allocated from the beginning, so a full disk affects none of
them.
"""

import os
import re
import struct
import time
from collections.abc import Iterable
from pathlib import Path

from queuectl_core.model.hold import Hold

_SECONDS = struct.Struct("d")
_HOLD = struct.Struct("<?247s")
_HOLD_AT = _SECONDS.size
_UNREPORTED_AT = _HOLD_AT + _HOLD.size

CREATION_SECONDS = 60.0
"""How long after its creation a file without a heartbeat is taken for that of a starting worker."""


def is_being_created(descriptor: int) -> bool:
    """Whether the first heartbeat is still to be written. An old file without one was emptied by a power cut."""
    status = os.fstat(descriptor)
    return status.st_size == 0 and time.time() - status.st_mtime < CREATION_SECONDS


def write_lease(descriptor: int, until: float) -> None:
    """Write when the leases expire. Raises OSError, like all functions here that write."""
    os.pwrite(descriptor, _SECONDS.pack(until), 0)


def read_lease(descriptor: int) -> float:
    """When the leases expire. 0, long past, if the file is empty: just created, or emptied by a power cut."""
    content = os.pread(descriptor, _SECONDS.size, 0)
    seconds: float = _SECONDS.unpack(content)[0] if len(content) == _SECONDS.size else 0.0
    return seconds


def write_hold(descriptor: int, hold: Hold | None) -> None:
    """Write why the worker is on hold, truncated to the space available; None: it is not."""
    content = _HOLD.pack(hold.output_waits, hold.reason.encode()) if hold else bytes(_HOLD.size)
    os.pwrite(descriptor, content, _HOLD_AT)


def read_hold(path: Path) -> Hold | None:
    """Why the worker is on hold; None if it is not."""
    content = _read(path)[_HOLD_AT:_UNREPORTED_AT]
    if len(content) < _HOLD.size:
        return None
    output_waits, text = _HOLD.unpack(content)
    reason = text.rstrip(b"\0").decode(errors="ignore")
    return Hold(reason, output_waits) if reason else None


def write_unreported(descriptor: int, attempts: Iterable[tuple[int, int]]) -> None:
    """Write unreported attempts, each as (job's `seq`, attempt's number); for the guard of a dead worker."""
    os.pwrite(descriptor, b"".join(b" %d-%d" % attempt for attempt in attempts), _UNREPORTED_AT)


def read_unreported(path: Path) -> list[tuple[int, int]]:
    """The attempts that the guard noted; empty if none."""
    noted = re.findall(rb" (\d{1,18})-(\d{1,18})", _read(path)[_UNREPORTED_AT:])
    return [(int(seq), int(attempt)) for seq, attempt in noted]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
