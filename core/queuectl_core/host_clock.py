"""The boot-time clock: it cannot be set, and is the same for all processes on the host."""

import time
from functools import cache
from pathlib import Path


def uptime() -> float:
    """Seconds since the host booted, including time in suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def boot() -> str:
    """The id of the current boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
