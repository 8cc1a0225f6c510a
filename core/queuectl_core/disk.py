"""Free disk space."""

import os
from pathlib import Path


def free_bytes(directory: Path) -> int:
    """Bytes available to this user on the file system of `directory`; 0 if that cannot be determined."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize
