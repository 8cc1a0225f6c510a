"""Files that only their owner may read: what others could have read or written is not used."""

import os
from pathlib import Path

from queuectl_cli.output import note


def read(path: Path) -> str | None:
    """What it holds; None where it is not there, or not private: a note then says why it is not used."""
    try:
        with path.open(errors="replace") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid():
                reason = "it belongs to another user"
            elif found.st_mode & 0o077:
                reason = f"other users may read it: chmod 600 {path}"
            else:
                return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        reason = fault.strerror or str(fault)
    note(f"{path} is not used: {reason}")
    return None


def write(path: Path, text: str) -> None:
    """Put it there whole, private from its first byte; in a directory that is made private. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
