"""Where the output of attempts is kept: what every log store can do, whatever it writes to.

An attempt is named by the `seq` of its job, as users choose ids, and by its number.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from queuectl_core.logs.piece import Piece

GROUP = 1000
"""A restore reserves `seq`s in whole groups of this size, so that a store can move the logs of a group together."""


class LogWriter(Protocol):
    """Writes the output of one attempt, in the order printed. Nothing is stored before the first write."""

    @property
    def written(self) -> int:
        """Bytes written so far, including those that were not kept."""
        ...

    @property
    def interval(self) -> float:
        """Seconds for which output is better collected, to be written at once; 0 if each write is cheap."""
        ...

    def write(self, data: memoryview, /) -> int:
        """Append `data`, for readers to see. Returns the number of bytes written: fewer than all if the disk is full.

        Raises OSError if no byte can be written; the same data can be written again later.
        """
        ...

    def close(self) -> None:
        """Seal the log, as the attempt has ended: readers get all of it from now on. Release what the writer holds."""
        ...


class LogStaging(Protocol):
    """Logs of a restore, which no reader of the store sees before `publish`. All methods raise OSError."""

    def add(self, seq: int, attempt: int, content: Iterable[bytes]) -> None:
        """Add the whole log of an attempt."""
        ...

    def flush(self) -> None:
        """Make everything that was added durable. This may take long: call it before a transaction, not in it."""
        ...

    def publish(self) -> None:
        """Move everything into the store. Quick, as a transaction waits for it; if that fails, `sweep` cleans up."""
        ...

    def close(self) -> None:
        """The restore has ended, whether it succeeded or not. Until then `sweep` deletes nothing that was published."""
        ...


class LogStore(Protocol):
    """The logs of all attempts. Any thread may call its methods, which raise OSError unless they say otherwise."""

    @property
    def location(self) -> str:
        """Where the logs are, for messages."""
        ...

    def writer(self, seq: int, attempt: int, max_bytes: int, written: int = 0) -> LogWriter:
        """A writer for an attempt that keeps the first and the last part of its output, together `max_bytes`.

        `written`: bytes that an earlier writer of the attempt has written; the new one goes on there, and overwrites
        what may follow. With 0, a log that the attempt already has is replaced at the first write.
        """
        ...

    def read(self, seq: int, attempt: int, offset: int = 0) -> Piece:
        """The output from `offset` on, or the notice of a gap there; empty at the end, and if there is no log."""
        ...

    def tail_offset(self, seq: int, attempt: int, lines: int) -> int:
        """The position at which the last `lines` lines begin. The cost does not grow with the log."""
        ...

    def size(self, seq: int, attempt: int) -> int:
        """Bytes that a reader gets by now, including the notices of gaps; 0 if there is no log."""
        ...

    def delete(self, seq: int, attempts: int) -> None:
        """Delete the logs of the attempts 1 to `attempts`. What cannot be deleted now is left to `sweep`."""
        ...

    def sweep(self, existing: Callable[[range], set[int]]) -> int:
        """Delete the logs of jobs that do not exist; returns the number of files or rows deleted.

        `existing` returns which `seq`s of a range belong to jobs. It is called after the logs were listed: a job exists
        before its first log does.
        """
        ...

    def check_writable(self) -> None:
        """Raise OSError if no log can be written."""
        ...

    def free_bytes(self) -> int:
        """Free space for logs."""
        ...

    def stage(self, directory: Path) -> LogStaging:
        """Begin to restore logs. `directory`: an empty temporary one, on the disk of the data directory."""
        ...

    def delete_all_but(self, kept: range, newest: int) -> None:
        """Delete the logs of all jobs with a `seq` up to `newest`, except those in `kept`, which are whole groups."""
        ...
