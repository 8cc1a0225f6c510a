"""Programs and modules are taken only from directories that other users cannot write to."""

import os
import shutil
import stat
from pathlib import Path


def find(name: str) -> str | None:
    """The absolute path of a program on PATH. Relative directories, and those that others can write to, are skipped."""
    trusted = [path for path in os.get_exec_path() if Path(path).is_absolute() and not others_can_write(Path(path))]
    return shutil.which(name, path=os.pathsep.join(trusted)) if trusted else None


def others_can_write(path: Path) -> bool:
    """Whether a user other than root and this process' own could put a file at `path`, or replace `path` itself."""
    target = path.resolve()
    while not target.exists():  # a user who can write to the nearest parent can create the rest
        target = target.parent
    return _is_open(target) or any(_is_open(parent) and not _is_sticky(parent) for parent in target.parents)


def _is_open(path: Path) -> bool:
    found = path.stat()
    return bool(found.st_mode & stat.S_IWOTH) or found.st_uid not in (0, os.geteuid())


def _is_sticky(directory: Path) -> bool:
    """Whether only the owner of an entry may replace it, as in /tmp."""
    found = directory.stat()
    return bool(found.st_mode & stat.S_ISVTX) and found.st_uid in (0, os.geteuid())
