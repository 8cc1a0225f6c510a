"""Removing what commands have left behind: in a process of its own, as it may take long, and as the command's user."""

import json
import os
import shutil
import signal
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple, NoReturn

from queuectl_worker import shebang
from queuectl_worker.users import Users


class Removed(NamedTuple):
    """How many files, and their bytes on disk."""

    files: int
    size: int


NOTHING_REMOVED = Removed(0, 0)


class Remover:
    """Of one worker. It acts as the user who owns the files, so that nothing else can be removed."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def start(self, paths: Iterable[str], uid: int | None) -> tuple[int, int]:
        """Start a process that removes these; returns its pid, and a pipe for `removed`. Raises OSError."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        try:
            pid = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if not pid:
            _remove_and_exit(paths, self._users, uid, writing)
        os.close(writing)
        return pid, reading

    def remove_directory(self, directory: str) -> None:
        """Remove a worker's directory: each entry as its owner. Returns when it is done."""
        with suppress(OSError):
            for name in os.listdir(directory):  # noqa: PTH208
                path = f"{directory}/{name}"
                owner = os.lstat(path).st_uid
                pid, reading = self.start([path], None if owner == os.getuid() else owner)
                os.close(reading)
                os.waitpid(pid, 0)
            os.rmdir(directory)  # noqa: PTH106


def removed(reading: int) -> Removed:
    """What a process that has ended has removed."""
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    return Removed(*json.loads(said)) if said else NOTHING_REMOVED


def _remove_and_exit(paths: Iterable[str], users: Users, uid: int | None, writing: int) -> NoReturn:
    try:
        users.become(uid)
        signal.set_wakeup_fd(-1)
        found = [_remove_tree(path) for given in paths for path in _owned(given, uid)]
        os.write(writing, json.dumps([sum(column) for column in zip(*found, strict=True)] or [0, 0]).encode())
    finally:
        os._exit(0)


def _owned(path: str, uid: int | None) -> list[str]:
    """The path itself if it is that user's; for a directory that everyone may write to, the user's entries."""
    try:
        if uid in (None, os.lstat(path).st_uid):
            return [path]
        with os.scandir(path) as entries:
            return [entry.path for entry in entries if entry.stat(follow_symlinks=False).st_uid == uid]
    except OSError:
        return []


def _remove_tree(path: str) -> Removed:
    """Does not follow links. Opens directories that their owner has closed."""
    files = size = 0
    try:
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(path)  # noqa: PTH108
            return Removed(1, found.st_blocks * 512)
        os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return NOTHING_REMOVED
    for directory, names, others in os.walk(path):
        for name in names + others:
            inside = f"{directory}/{name}"
            with suppress(OSError):
                found = os.lstat(inside)
                if stat.S_ISDIR(found.st_mode):
                    os.chmod(inside, 0o700)  # noqa: PTH101
                elif inside != f"{path}/{shebang.FILE}":
                    files, size = files + 1, size + found.st_blocks * 512
    shutil.rmtree(path, ignore_errors=True)
    return Removed(files, size)
