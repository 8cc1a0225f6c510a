"""What a command prints: a pipe that we read, and the log that only we write."""

import os

from queuectl_core.bounded_log import LogWriter

PIECE = 1 << 16
WRITABLE_BY_ALL = 0o622
"""Mode of a pipe: a command with a uid of its own may open /dev/stdout and /dev/stderr anew, and read neither."""

SMALL = 512
"""Bytes of a whole output that go into the attempt's row: there they cost less than a file."""

MOST_LEFT = 1 << 20
"""Bytes that may be in a pipe whose writers have ended; what still comes then is somebody else's."""

TAIL = 2048

_buffer = bytearray(PIECE)
_view = memoryview(_buffer)


class Output:
    """Of one command.

    A short output stays in memory, for the row of the attempt, until `settle`: then it goes to the log, as does all
    that follows. While the log cannot be written nothing is read: the command waits where it prints.
    `fault`: why, or None. `printed`: bytes so far; `tail`: the last of them, TAIL at most.
    """

    def __init__(self, log: str, most: int) -> None:
        self.pipe, self.writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.pipe, False)  # a command of the same user could read what was seen to be there
        os.fchmod(self.writing, WRITABLE_BY_ALL)
        self._log = LogWriter(log, most)
        self._unwritten = bytearray()
        self._settled = False
        self._discarding = False
        self.tail = b""
        self.printed = 0
        self.fault: str | None = None

    def started(self) -> None:
        """The command has the other end."""
        os.close(self.writing)
        self.writing = -1

    def read(self) -> bool:
        """Take up to PIECE bytes; False at the end, where nobody has the other end any more."""
        try:
            count = os.readv(self.pipe, [_buffer])
        except BlockingIOError:
            return True
        self._take(_view[:count])
        return count > 0

    def settle(self) -> None:
        """The command runs on: write what it has printed so far, so that followers see it."""
        self._settled = True
        self._write()

    def finish(self) -> bool:
        """Nothing runs any more: read what is left. False where it cannot be written yet: then try again."""
        if self.fault:
            self._write()
        left = MOST_LEFT
        while left > 0 and not self.fault:
            before = self.printed
            if not self.read() or self.printed == before:
                break
            left -= self.printed - before
        return not self.fault

    def discard(self) -> None:
        """Of a command that is being stopped: what cannot be written is lost."""
        self._discarding = True
        if self.fault:
            self._write()

    @property
    def small(self) -> bytes | None:
        """All of the output, where no file was made for it; to be asked at the end."""
        return bytes(self._unwritten) if len(self._unwritten) == self.printed else None

    def close(self) -> None:
        """Let go of pipe and log."""
        for descriptor in (self.pipe, self.writing):
            if descriptor >= 0:
                os.close(descriptor)
        self.pipe = self.writing = -1
        self._log.close()

    def _take(self, data: memoryview) -> None:
        self.printed += len(data)
        self.tail = bytes(data[-TAIL:]) if len(data) >= TAIL else (self.tail + data)[-TAIL:]
        if self._unwritten or (not self._settled and self.printed <= SMALL):
            self._unwritten += data
            if self.printed > SMALL:
                self._write()
        elif (done := self._write_some(data)) < len(data):
            self._unwritten += data[done:]

    def _write(self) -> None:
        """What is kept in memory."""
        with memoryview(self._unwritten) as data:
            done = self._write_some(data) if data else 0
        del self._unwritten[:done]

    def _write_some(self, data: memoryview) -> int:
        """How much was written, or thrown away."""
        try:
            done = self._log.write(data)
        except OSError as fault:
            done, self.fault = 0, fault.strerror or str(fault)
        if done == len(data):
            self.fault = None
        elif not self.fault:
            self.fault = "the disk is full"
        if self.fault and self._discarding:
            self.fault = None
            return len(data)
        return done
