"""A directory for each attempt, its TMPDIR; and whatever else its command has left where all may write.

What is left is removed when nothing of the command runs any more: in a process of its own, as it may take long, and as
the command's user, so that nothing else can be removed.
"""

import fcntl
import json
import os
import signal
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from queuectl_worker import script
from queuectl_worker.users import Users

PREFIX = "queuectl-"
LOCK = ".lock"
WHERE_ALL_MAY_WRITE = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # looked at, not written to
MOST_LOOKED_AT = 5000
TICK_SECONDS = 0.05
"""Two changes of a directory within it may have the same time."""


class Removed(NamedTuple):
    """What a command had left."""

    files: int
    size: int


class Directories:
    """Of one spawner, in `where`, below a directory of its own, which is gone with it. `worker`: its name."""

    def __init__(self, where: str, worker: str, users: Users) -> None:
        self._where = where
        self._users = users
        self._own = f"{where}/{PREFIX}{worker}"
        self._empty: list[str] = []
        self._owners = [_Owners(directory) for directory in {where, *WHERE_ALL_MAY_WRITE}]
        self._lock = self._begin()
        self._remove_those_of_the_dead()

    def make(self) -> str:
        """The path of one that is empty. To be called as the user of the command. Raises OSError."""
        if self._empty:
            return self._empty.pop()
        path = f"{self._own}/{os.urandom(6).hex()}"  # nobody else can have made it before
        os.mkdir(path, 0o700)  # noqa: PTH102
        return path

    def left(self, path: str | None, uid: int | None) -> list[str]:
        """What the command has left behind, if anything.

        Its directory is removed if it is empty; or kept for the next command of the same user, as that takes less time.
        """
        left = []
        if path is not None and not (uid is None and self._keep(path)):
            try:
                os.rmdir(path)  # noqa: PTH106
            except FileNotFoundError:
                pass
            except OSError:
                left.append(path)
        if uid is not None:
            for owners in self._owners:
                left += owners.of(uid)
        return left

    def _keep(self, path: str) -> bool:
        """Whether it is as good as a new one."""
        try:
            good = os.lstat(path).st_mode == stat.S_IFDIR | 0o700 and not os.listdir(path)  # noqa: PTH208
        except OSError:
            return False
        if good:
            self._empty.append(path)
        return good

    def remove(self, left: Iterable[str], uid: int | None) -> tuple[int, int]:
        """Start to remove what was left: the process that does it, and where it will say what it has removed.

        Raises OSError where there can be no process.
        """
        reading, writing = os.pipe2(os.O_CLOEXEC)
        try:
            pid = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if not pid:
            self._users.become(uid)
            _remove(left, uid, writing)
        os.close(writing)
        return pid, reading

    def close(self) -> None:
        """Remove all of it: nothing runs any more."""
        self._remove_all_in(self._own)
        os.close(self._lock)

    def _begin(self) -> int:
        """Make its directory, which is never seen without its lock."""
        hidden = f"{self._where}/.{PREFIX}{os.urandom(8).hex()}"
        os.mkdir(hidden, 0o700)  # noqa: PTH102  # the spawner does without pathlib
        lock = _locked(f"{hidden}/{LOCK}")
        if self._users.group != -1:
            os.chmod(hidden, 0o1733)  # noqa: PTH101, S103  # commands' users make theirs, and see no others
        os.rename(hidden, self._own)  # noqa: PTH104
        return lock

    def _remove_those_of_the_dead(self) -> None:
        for name in os.listdir(self._where):  # noqa: PTH208
            path = f"{self._where}/{name}"
            if name.startswith(PREFIX) and path != self._own and _is_abandoned(path):
                self._remove_all_in(path)

    def _remove_all_in(self, directory: str) -> None:
        with suppress(OSError):
            for name in os.listdir(directory):  # noqa: PTH208
                path = f"{directory}/{name}"
                owner = os.lstat(path).st_uid
                pid, reading = self.remove([path], None if owner == os.getuid() else owner)
                os.close(reading)
                os.waitpid(pid, 0)
            os.rmdir(directory)  # noqa: PTH106


def removed(reading: int) -> Removed:
    """What a process that has ended has removed."""
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    return Removed(*json.loads(said)) if said else Removed(0, 0)


class _Owners:
    """Who owns what is in a directory where all may write; looked at again only if that has changed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._changed_at = -1.0
        self._found: dict[int, list[str]] = {}

    def of(self, uid: int) -> list[str]:
        """The paths that this user owns; the directory itself where it holds too much to be looked through here."""
        with suppress(OSError):
            changed_at = os.stat(self._directory).st_mtime  # noqa: PTH116
            if changed_at != self._changed_at:
                self._look()
                self._changed_at = changed_at if time.time() - changed_at > TICK_SECONDS else -1.0
            return self._found.get(uid, []) + self._found.get(-1, [])
        return []

    def _look(self) -> None:
        self._found = {}
        with os.scandir(self._directory) as entries:
            for count, entry in enumerate(entries):
                if count == MOST_LOOKED_AT:
                    self._found = {-1: [self._directory]}
                    return
                with suppress(OSError):
                    self._found.setdefault(entry.stat(follow_symlinks=False).st_uid, []).append(entry.path)


def _remove(left: Iterable[str], uid: int | None, writing: int) -> None:
    """In a new process, which ends with it."""
    try:
        signal.set_wakeup_fd(-1)
        paths = [path for found in left for path in _owned(found, uid)]
        found = [_remove_tree(path) for path in paths]
        os.write(writing, json.dumps([sum(column) for column in zip(*found, strict=True)] or [0, 0]).encode())
    finally:
        os._exit(0)


def _owned(path: str, uid: int | None) -> list[str]:
    """What of it is that user's: the path itself; or, of a directory where all may write, what the user has in it."""
    try:
        if uid in (None, os.lstat(path).st_uid):
            return [path]
        with os.scandir(path) as entries:
            return [entry.path for entry in entries if entry.stat(follow_symlinks=False).st_uid == uid]
    except OSError:
        return []


def _remove_tree(path: str) -> Removed:
    """Files and bytes that were there, links not followed; directories that their owner has closed are opened."""
    import shutil  # not by the spawner, which it would make larger

    files = size = 0
    try:
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            os.unlink(path)  # noqa: PTH108
            return Removed(1, found.st_blocks * 512)
        os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return Removed(0, 0)
    for directory, names, others in os.walk(path):
        for name in names + others:
            inside = f"{directory}/{name}"
            with suppress(OSError):
                found = os.lstat(inside)
                if stat.S_ISDIR(found.st_mode):
                    os.chmod(inside, 0o700)  # noqa: PTH101
                elif inside != f"{path}/{script.FILE}":
                    files, size = files + 1, size + found.st_blocks * 512
    shutil.rmtree(path, ignore_errors=True)
    return Removed(files, size)


def _locked(path: str) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_abandoned(directory: str) -> bool:
    """Whether this user's spawner that made it has died: its lock is free."""
    try:
        if os.lstat(directory).st_uid != os.getuid():
            return False
        os.close(_locked(f"{directory}/{LOCK}"))
    except OSError:
        return False
    return True
