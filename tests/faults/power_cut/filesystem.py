"""A file system that passes everything on to a directory, and records it.

Run as a program with three paths: the directory, where to mount, the file for the recording.
"""

import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import mfusepy

from tests.faults.power_cut.recording import (
    NOTES,
    Create,
    Note,
    Record,
    Rename,
    Sync,
    SyncDirectory,
    Truncate,
    Unlink,
    Write,
)


class Recorder:
    """The operations of the file system, called by one thread: the records' order is that of the effects.

    An fsync is recorded only: what it saves is for others to say, and every write before it had been carried out.
    """

    use_ns = True  # of times, in `getattr`

    def __init__(self, directory: Path, recording: BinaryIO) -> None:
        self._directory = directory
        self._recording = recording
        self._numbers: dict[str, int] = {}
        self._created = 0
        self._begun = b""

    def _record(self, record: Record) -> None:
        pickle.dump(record, self._recording)

    def _real(self, path: str) -> Path:
        return self._directory / path[1:]

    # What changes names

    def create(self, path: str, mode: int, flags: int) -> int:
        fd = os.open(self._real(path), flags & ~os.O_APPEND | os.O_CREAT, mode)
        self._created += 1
        self._numbers[path] = self._created
        self._record(Create(path, self._created))
        return fd

    def unlink(self, path: str) -> None:
        self._real(path).unlink()
        self._record(Unlink(path, self._numbers.pop(path)))

    def rename(self, old: str, new: str) -> None:
        self._real(old).rename(self._real(new))
        self._numbers[new] = self._numbers.pop(old)
        self._record(Rename(old, self._numbers[new], new))

    def mkdir(self, path: str, mode: int) -> None:
        self._real(path).mkdir(mode)

    def rmdir(self, path: str) -> None:
        self._real(path).rmdir()

    # What changes files

    def open(self, path: str, flags: int) -> int:
        fd = os.open(self._real(path), flags & ~os.O_APPEND)  # offsets come from the kernel, also when appending
        if flags & os.O_TRUNC:
            self._record(Truncate(self._numbers[path], 0))
        return fd

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        os.pwrite(fh, data, offset)
        if path == NOTES:
            self._listen(data)
        else:
            self._record(Write(self._numbers[path], offset, data))
        return len(data)

    def _listen(self, data: bytes) -> None:
        """A line that crosses a page of the file comes in two pieces, one after the other."""
        self._begun += data
        if self._begun.endswith(b"\n"):
            self._record(Note(self._begun.decode()))
            self._begun = b""

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        os.truncate(self._real(path), length)
        self._record(Truncate(self._numbers[path], length))

    def fsync(self, path: str, datasync: int, fh: int) -> None:
        self._record(Sync(self._numbers[path]))

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        self._record(SyncDirectory(path))

    def release(self, path: str, fh: int) -> None:
        os.close(fh)

    # What leaves no trace

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def readdir(self, path: str, fh: int) -> Iterator[str]:
        yield from (".", "..", *(entry.name for entry in self._real(path).iterdir()))

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        status = self._real(path).lstat()
        times = {f"st_{name}": getattr(status, f"st_{name}_ns") for name in ("atime", "mtime", "ctime")}
        return times | {name: getattr(status, name) for name in ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size")}

    def chmod(self, path: str, mode: int) -> None:
        self._real(path).chmod(mode)

    def chown(self, path: str, user: int, group: int) -> None:
        os.chown(self._real(path), user, group)

    def statfs(self, path: str) -> dict[str, int]:
        status = os.statvfs(self._directory)
        return {name: getattr(status, name) for name in dir(status) if name.startswith("f_")}


def main() -> None:
    """Serve until it is unmounted."""
    directory, mount, recording = map(Path, sys.argv[1:])
    with recording.open("wb") as file:
        # Nobody changes the files behind the kernel's back: it may keep what it knows of them.
        lasting = {"kernel_cache": True, "attr_timeout": 3600, "entry_timeout": 3600}
        mfusepy.FUSE(Recorder(directory, file), str(mount), foreground=True, nothreads=True, **lasting)


if __name__ == "__main__":
    main()
