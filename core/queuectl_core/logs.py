"""The output of attempts: one file each, written by the command itself."""

import os
from pathlib import Path

CHUNK = 65_536
GROUP = 1000


class Logs:
    """The directory of log files. A file is named after the job's `seq`, not its id: users choose ids."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, seq: int, attempt: int) -> Path:
        """Where that attempt's output is; there need not be a file."""
        return self.directory / f"{seq // GROUP:06d}" / f"{seq}-{attempt}.log"

    def create(self, seq: int, attempt: int) -> int:
        """A new descriptor that appends to the attempt's file; the caller closes it. Raises OSError."""
        path = self.path(seq, attempt)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o640)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o640)

    def size(self, seq: int, attempt: int) -> int:
        """Bytes of output so far."""
        try:
            return self.path(seq, attempt).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, seq: int, attempt: int, offset: int = 0) -> bytes:
        """Up to CHUNK bytes of the output from `offset` on; nothing at its end, or where there is no file."""
        try:
            with self.path(seq, attempt).open("rb", buffering=0) as file:
                file.seek(offset)
                return file.read(CHUNK)
        except FileNotFoundError:
            return b""

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """Where the last `lines` lines begin; found from the end, so that size does not matter."""
        position = self.size(seq, attempt)
        if lines <= 0 or not position:
            return position
        with self.path(seq, attempt).open("rb") as file:
            file.seek(position - 1)
            wanted = lines + (file.read(1) == b"\n")
            while position > 0:
                start = max(0, position - CHUNK)
                file.seek(start)
                chunk = file.read(position - start)
                found = chunk.count(b"\n")
                if found >= wanted:
                    cut = len(chunk)
                    for _ in range(wanted):
                        cut = chunk.rindex(b"\n", 0, cut)
                    return start + cut + 1
                wanted -= found
                position = start
        return 0

    def delete(self, seq: int, attempts: int) -> None:
        """Remove the files of attempts 1 to `attempts`."""
        for attempt in range(1, attempts + 1):
            self.path(seq, attempt).unlink(missing_ok=True)
