"""A command's output: read from the pipe of its slot, and written to a log that only the worker writes."""

import math
import os
import time
from contextlib import suppress

from queuectl_core.logs.store import LogStore, LogWriter
from queuectl_worker.slots import BUFFER, UNREAD, Slot, State

SMALL = 512
"""Bytes of an output that is stored in the attempt's row, which costs less than a file."""

MOST_LEFT = 1 << 20
"""Bytes that may be in a pipe whose writers have ended; what comes after them is someone else's."""

TAIL = 2048


class Output:
    """Of one attempt, in its slot.

    A short output stays in memory, for the row of the attempt, until `settle`; then it goes to the log, with all that
    follows. While the log cannot be written, nothing is read, and the command blocks when it prints.
    `writing`: the command's end of the pipe, to be closed once it has been passed on. `log`: keeps `most` bytes.
    `write_at`: when to `settle` what is collected for the log, in seconds of the monotonic clock. `fault`: why the log
    cannot be written, or None. `printed`: bytes so far; `tail`: the last of them, TAIL at most.
    """

    def __init__(self, slot: Slot, seq: int, attempt: int, log: LogWriter, most: int) -> None:
        self.pipe = slot.pipe
        self.writing = os.open(f"/proc/self/fd/{slot.pipe}", os.O_WRONLY | os.O_CLOEXEC)
        self._slot = slot
        self._attempt = seq, attempt, most
        self._log = log
        self._start = self._end = 0
        self._settled = False
        self._discarding = False
        self.tail = b""
        self.printed = 0
        self.write_at = math.inf
        self.fault: str | None = None
        self._tell()

    def started(self) -> None:
        """The command has the other end."""
        os.close(self.writing)
        self.writing = -1

    def read(self) -> int:
        """Read what is in the pipe, as far as the buffer has room; returns the number of bytes."""
        count = min(self._slot.available(), BUFFER - self._end)
        if not count:
            return 0
        data = self._slot.buffer[self._end : self._end + count]
        data[: len(UNREAD)] = UNREAD[:count]
        self._tell(reading=count)
        try:
            count = os.readv(self.pipe, [data])
        except BlockingIOError:  # a command of the same user has taken it
            count = 0
        self._end += count
        self._tell()
        self.printed += count
        self.tail = (self.tail + data[max(0, count - TAIL) : count])[-TAIL:]
        if self._settled or self.printed > SMALL:
            self._write_soon()
        return count

    def settle(self) -> None:
        """The command continues to run: write its output so far, so that followers see it."""
        self._settled = True
        self._write()

    def finish(self) -> bool:
        """Nothing runs any more: read the rest. False if it cannot be written yet: then try again."""
        if self.fault:
            self._write()
        left = MOST_LEFT
        while left > 0 and not self.fault and (count := self.read()):
            left -= count
        if self.write_at < math.inf:
            self._write()
        return not self.fault

    def discard(self) -> None:
        """The command is being stopped: output that cannot be written is lost."""
        self._discarding = True
        if self.fault:
            self._write()

    @property
    def small(self) -> bytes | None:
        """The whole output, if it has no log; valid at the end."""
        return bytes(self._slot.buffer[: self._end]) if self._end == self.printed else None

    def close(self) -> None:
        """Close the log, and the command's end of the pipe."""
        if self.writing >= 0:
            self.started()
        self._log.close()

    def _write_soon(self) -> None:
        """Write the buffer to the log; later, if the log prefers that and there is room for more."""
        if not self._log.interval or self._end > BUFFER // 2:
            self._write()
        elif self.write_at == math.inf:
            self.write_at = time.monotonic() + self._log.interval

    def _write(self) -> None:
        """Write the buffer to the log."""
        self.write_at = math.inf
        if self._start == self._end:
            return
        data = self._slot.buffer[self._start : self._end]
        try:
            done, self.fault = self._log.write(data), None
        except OSError as fault:
            done, self.fault = 0, fault.strerror or str(fault)
        if done < len(data):
            self.fault = self.fault or "the disk is full"
            if self._discarding:
                done, self.fault = len(data), None
        self._start += done
        if self._start == self._end:
            self._start = self._end = 0
        self._tell()

    def _tell(self, reading: int = 0) -> None:
        self._slot.say(*self._attempt, self._log.written, self._start, self._end, reading)


def complete_log(slot: Slot, said: State, logs: LogStore) -> None:
    """Write the output of an attempt that is over, as far as it is not in the log yet, and there is room.

    `said`: the state that its worker published last.
    """
    with suppress(OSError):
        _write_what_is_left(slot, said, logs.writer(said.seq, said.attempt, said.most, said.written))


def _write_what_is_left(slot: Slot, said: State, writer: LogWriter) -> None:
    end = said.end
    about_to = slot.buffer[end : end + said.reading]
    if about_to[: len(UNREAD)] != UNREAD[: said.reading]:
        end += said.reading
    data = slot.buffer[said.start : end]
    left = MOST_LEFT
    try:
        while writer.write(data) == len(data) and left > 0 and (count := min(slot.available(), BUFFER)):
            data = slot.buffer[:count]
            os.readv(slot.pipe, [data])
            left -= count
    finally:
        writer.close()
