"""The output of attempts, as readers get it: what was kept of each is in files that the worker writes.

A byte's position is its number among all that the attempt has printed, also where some before it were not kept.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from queuectl_core import bounded_log

log = logging.getLogger("queuectl.logs")

CHUNK = 65_536
GROUP = 1000
LOOKED_AT = 64 << 20
"""Bytes in which the last lines are looked for."""


class Piece(NamedTuple):
    """A part of an output: `content` begins at `start`, and the next piece at `end`.

    `missing`: if `content` is the notice of a gap, the number of bytes that were not kept; otherwise 0.
    """

    content: bytes
    start: int
    end: int
    missing: int = 0


def tail_offset(output: bytes, lines: int) -> int:
    """Where the last `lines` lines of an output begin, of one that is at hand."""
    if lines <= 0:
        return len(output)
    before, *found = output.removesuffix(b"\n").rsplit(b"\n", lines)
    return len(before) + 1 if len(found) == lines else 0


class Logs:
    """The directory of log files. A file is named after the job's `seq`, not its id: users choose ids."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._prefix = f"{directory}/"

    def stem(self, seq: int, attempt: int) -> str:
        """Where that attempt's output is, without the suffixes of its files; see bounded_log."""
        return f"{self._prefix}{seq // GROUP:06d}/{seq}-{attempt}"  # a Path takes longer than to open it

    def path(self, seq: int, attempt: int) -> Path:
        """The file with the first part of that attempt's output, which need not be there."""
        return Path(f"{self.stem(seq, attempt)}.log")

    def create(self, seq: int, attempt: int) -> int:
        """A new descriptor of the attempt's file, for all of its output; the caller closes it. Raises OSError."""
        return bounded_log.create(self.stem(seq, attempt))

    def prove_writable(self) -> None:
        """Raise OSError where no log can be made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.directory):
            pass

    def kept(self, seq: int, attempt: int) -> int:
        """Bytes that a reader gets, from the first to the last one so far."""
        with self._opened(seq, attempt) as output:
            return output.kept() if output else 0

    def read(self, seq: int, attempt: int, offset: int = 0) -> Piece:
        """Up to CHUNK bytes of the output from `offset` on; nothing at its end, or where there is none."""
        with self._opened(seq, attempt) as output:
            return output.read(offset) if output else Piece(b"", offset, offset)

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """Where the last `lines` lines begin; found from the end, so that size does not matter."""
        with self._opened(seq, attempt) as output:
            return output.tail_offset(lines) if output else 0

    @contextmanager
    def _opened(self, seq: int, attempt: int) -> Iterator["_Output | None"]:
        with ExitStack() as files:
            stem = self.stem(seq, attempt)
            try:
                first = files.enter_context(open(f"{stem}.log", "rb", buffering=0))  # noqa: PTH123  # as `stem`
            except FileNotFoundError:
                yield None
                return
            tail = None
            with suppress(FileNotFoundError):
                tail = files.enter_context(open(f"{stem}.tail", "rb", buffering=0))  # noqa: PTH123
            yield _Output(first.fileno(), tail.fileno() if tail else None)

    def delete(self, seq: int, attempts: int) -> None:
        """Remove the files of attempts 1 to `attempts`. What cannot be removed now is left to `sweep`."""
        for attempt in range(1, attempts + 1):
            for suffix in (".log", ".tail"):
                try:
                    os.unlink(self.stem(seq, attempt) + suffix)  # noqa: PTH108
                except FileNotFoundError:
                    break  # there is no tail without a first part
                except OSError as fault:
                    log.warning("a log is left for later: %s", fault)

    def sweep(self, existing: Callable[[range], set[int]]) -> int:
        """Remove the logs of jobs that are no more; returns how many.

        `existing` tells which `seq`s of a range are those of jobs. It is asked after the files were seen: a job is
        there before its first log is.
        """
        removed = 0
        for directory in _listed(self.directory):
            if directory.name.isdigit():
                first = int(directory.name) * GROUP
                logs = [path for path in _listed(directory) if path.name.partition("-")[0].isdigit()]
                jobs = existing(range(first, first + GROUP))
                for path in logs:
                    if int(path.name.partition("-")[0]) not in jobs:
                        path.unlink(missing_ok=True)
                        removed += 1
        return removed


class _Output:
    """The open files of one attempt. Those of older versions have holes in the place of a tail."""

    def __init__(self, first: int, tail: int | None) -> None:
        self._first = first
        self._tail = tail
        self._size = os.fstat(first).st_size

    def read(self, offset: int) -> Piece:
        """See Logs.read."""
        if offset < self._size:
            return self._read_first(offset)
        if self._tail is None:
            return Piece(b"", offset, offset)
        start, content = bounded_log.read_tail(self._tail, offset - self._size, CHUNK)
        start += self._size
        return _gap(offset, start) if start > offset else Piece(content, offset, offset + len(content))

    def _read_first(self, offset: int) -> Piece:
        content = os.pread(self._first, CHUNK, offset)
        # Looked for after reading: what was taken out in between is missing then, and not read as zeros.
        hole = _seek(self._first, offset, os.SEEK_HOLE)
        if content and hole == offset:
            return _gap(offset, _seek(self._first, offset, os.SEEK_DATA))
        content = content[: hole - offset]
        return Piece(content, offset, offset + len(content))

    def kept(self) -> int:
        """See Logs.kept."""
        size = end_before = 0
        for start, end in self._parts():
            size += len(_gap(end_before, start).content) + end - start
            end_before = end
        return size

    def tail_offset(self, lines: int) -> int:
        """See Logs.tail_offset."""
        parts = self._parts()
        end = parts[-1][1] if parts else 0
        if lines <= 0 or not end:
            return end
        wanted = lines + (self._at(end - 1, end) == b"\n")
        floor = end - LOOKED_AT
        for (start, stop), (_, stop_before) in zip(reversed(parts), [*reversed(parts[:-1]), (0, 0)], strict=True):
            position, wanted = self._before(max(start, floor), stop, wanted)
            if not wanted or start <= floor:
                return position
            if start > stop_before:  # what tells of the gap is a line of its own, between two newlines
                if wanted == 1:
                    return start
                wanted -= 2
                if not wanted:
                    return stop_before
        return 0

    def _parts(self) -> list[tuple[int, int]]:
        """Start and end of each part that was kept, in order."""
        parts = []
        end = 0
        while (start := _seek(self._first, end, os.SEEK_DATA)) < self._size:
            end = min(_seek(self._first, start, os.SEEK_HOLE), self._size)
            parts.append((start, end))
        if self._tail is not None:
            state = bounded_log.tail(self._tail)
            if state.oldest < state.written:
                parts.append((self._size + state.oldest, self._size + state.written))
        return parts

    def _at(self, start: int, end: int) -> bytes:
        """What is there; nothing where it was overwritten meanwhile."""
        if start < self._size or self._tail is None:
            return os.pread(self._first, end - start, start)
        content = b""
        while start + len(content) < end:
            wanted = start + len(content) - self._size
            first, piece = bounded_log.read_tail(self._tail, wanted, end - start - len(content))
            if first > wanted or not piece:
                return b""
            content += piece
        return content

    def _before(self, start: int, end: int, wanted: int) -> tuple[int, int]:
        """Walk back from `end`, at most to `start`, behind the `wanted`th newline; where that is, and how many lack."""
        while end > start:
            position = max(start, end - CHUNK)
            chunk = self._at(position, end)
            found = chunk.count(b"\n")
            if found >= wanted:
                cut = len(chunk)
                for _ in range(wanted):
                    cut = chunk.rindex(b"\n", 0, cut)
                return position + cut + 1, 0
            wanted -= found
            end = position
        return start, wanted


def _gap(start: int, end: int) -> Piece:
    """What a reader is told where bytes are missing."""
    missing = end - start
    told = b"\n[... %d bytes were not kept ...]\n" % missing if missing else b""
    return Piece(told, start, end, missing)


def _listed(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _seek(descriptor: int, offset: int, whence: int) -> int:
    """Where data or a hole begins, from `offset` on; the file's end where there is none."""
    try:
        return os.lseek(descriptor, offset, whence)
    except OSError as fault:
        if whence == os.SEEK_DATA and fault.errno != errno.ENXIO:
            return offset  # the file system knows of no holes
        return max(offset, os.fstat(descriptor).st_size)
