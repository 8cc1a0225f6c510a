"""Files that only their owner may read. Files that other users could have read or written are ignored."""

import os
from pathlib import Path

from queuectl_cli.output import note


def read(path: Path) -> str | None:
    """The content; None if the file is missing or, after a note on stderr, not private or not readable."""
    try:
        with path.open(errors="replace") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid():
                reason = "it belongs to another user"
            elif found.st_mode & 0o077:
                reason = f"other users can read it: chmod 600 {path}"
            else:
                return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        reason = fault.strerror or str(fault)
    note(f"{path} is not used: {reason}")
    return None


def write(path: Path, text: str) -> None:
    """Write the file atomically and private from its first byte, in a private new directory. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
