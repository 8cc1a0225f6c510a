"""Logs as files in a directory: `GROUP/SEQ-ATTEMPT.log` and `.tail`, of the format in bounded.py."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from queuectl_core import disk
from queuectl_core.logs import bounded
from queuectl_core.logs.bounded import BoundedWriter
from queuectl_core.logs.bounded_reader import BoundedReader
from queuectl_core.logs.piece import Piece
from queuectl_core.logs.store import GROUP

log = logging.getLogger("queuectl.logs")


class LogFiles:
    """See LogStore."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.location = str(directory)

    def writer(self, seq: int, attempt: int, max_bytes: int, written: int = 0) -> BoundedWriter:
        """See LogStore."""
        return BoundedWriter(self._path(seq, attempt), max_bytes, written)

    def read(self, seq: int, attempt: int, offset: int = 0) -> Piece:
        """See LogStore."""
        with self._reader(seq, attempt) as reader:
            return reader.read(offset) if reader else Piece(b"", offset, offset)

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """See LogStore."""
        with self._reader(seq, attempt) as reader:
            return reader.tail_offset(lines) if reader else 0

    def size(self, seq: int, attempt: int) -> int:
        """See LogStore."""
        with self._reader(seq, attempt) as reader:
            return reader.size() if reader else 0

    @contextmanager
    def _reader(self, seq: int, attempt: int) -> Iterator[BoundedReader | None]:
        with ExitStack() as files:
            path = self._path(seq, attempt)
            try:
                first = files.enter_context(open(f"{path}.log", "rb", buffering=0))  # noqa: PTH123
            except FileNotFoundError:
                yield None
                return
            tail = None
            with suppress(FileNotFoundError):
                tail = files.enter_context(open(f"{path}.tail", "rb", buffering=0))  # noqa: PTH123
            yield BoundedReader(first.fileno(), tail.fileno() if tail else None)

    def _path(self, seq: int, attempt: int) -> str:
        return _path(self.location, seq, attempt)

    def delete(self, seq: int, attempts: int) -> None:
        """See LogStore."""
        for attempt in range(1, attempts + 1):
            for suffix in (".log", ".tail"):
                try:
                    os.unlink(self._path(seq, attempt) + suffix)  # noqa: PTH108
                except FileNotFoundError:
                    break  # there is no tail without a first part
                except OSError as fault:
                    log.warning("a log is left to be removed later: %s", fault)

    def sweep(self, existing: Callable[[range], set[int]]) -> int:
        """See LogStore."""
        removed = 0
        for group in self._groups():
            files = _logs_in(group)
            first = int(group.name) * GROUP
            jobs = existing(range(first, first + GROUP))
            for path in files:
                if _seq(path) not in jobs:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def check_writable(self) -> None:
        """See LogStore."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self._directory):
            pass

    def free_bytes(self) -> int:
        """See LogStore."""
        return disk.free_bytes(self._directory.parent)  # the directory itself may not exist yet

    def stage(self, directory: Path) -> "StagedFiles":
        """See LogStore."""
        return StagedFiles(directory, self._directory)

    def delete_all_but(self, kept: range, newest: int) -> None:
        """See LogStore."""
        for group in self._groups():
            if int(group.name) * GROUP in kept:
                continue
            for path in _logs_in(group):
                if _seq(path) <= newest:
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # newer logs are in it
                group.rmdir()

    def _groups(self) -> list[Path]:
        return [path for path in _listed(self._directory) if path.name.isdigit()]


class StagedFiles:
    """See LogStaging. The files are in `directory`, as they will be in `target`."""

    def __init__(self, directory: Path, target: Path) -> None:
        self._directory = directory
        self._target = target

    def add(self, seq: int, attempt: int, content: Iterable[bytes]) -> None:
        """See LogStaging."""
        with os.fdopen(bounded.create(_path(str(self._directory), seq, attempt)), "wb") as file:
            file.writelines(content)

    def flush(self) -> None:
        """See LogStaging."""
        os.sync()

    def publish(self) -> None:
        """See LogStaging. Whole groups are moved: nobody else has their numbers."""
        self._target.mkdir(exist_ok=True)
        for group in _listed(self._directory):
            group.rename(self._target / group.name)

    def close(self) -> None:
        """See LogStaging. The owner of the directory removes it."""


def _path(directory: str, seq: int, attempt: int) -> str:
    """Where a log is, without the suffixes of its files. A string, as it is faster than a Path."""
    return f"{directory}/{seq // GROUP:06d}/{seq}-{attempt}"


def _logs_in(group: Path) -> list[Path]:
    return [path for path in _listed(group) if path.name.partition("-")[0].isdigit()]


def _seq(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _listed(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
