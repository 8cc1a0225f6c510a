"""Memory that a worker shares with its guard, for what the guard must know if the worker is killed.

- When the worker's leases expire, in seconds of CLOCK_BOOTTIME.
- For each slot: the attempt that runs in it, and its output that is not in a log yet.

Each slot has a pipe, to which its commands print one after the other. The guard has the reading end as well, so that
what is in the pipe outlives the worker.
"""

import fcntl
import mmap
import os
import struct
import termios
from collections.abc import Callable
from typing import NamedTuple

MAX_SLOTS = 1000
BUFFER = 1 << 16
UNREAD = b"\x81\x8d\x8f\x90\x9d\x81\x8d\x8f"
"""Written to where data is about to be read to, so that the guard can tell whether it was. Text rarely contains it."""

WRITABLE_BY_ALL = 0o622
"""Mode of a pipe: a command with a uid of its own may reopen /dev/stdout and /dev/stderr, but not read them."""

_STATE = struct.Struct("<7Q")
_COPY, _CURRENT, _STATE_ROOM = 64, 16, 192
"""Bytes per copy of a state; index of the word that tells which copy is current; bytes of all of these."""

_PAGE = mmap.PAGESIZE
_SIZE = BUFFER + _PAGE


class State(NamedTuple):
    """Of a slot: its attempt (none if `seq` is 0), of whose output at most `most` bytes are kept.

    `written`: bytes of the output that are in the log. Those in the buffer from `start` to `end` come next; `reading`:
    how many are about to be read after `end`.
    """

    seq: int
    attempt: int
    most: int
    written: int
    start: int
    end: int
    reading: int


FREE = State(0, 0, 0, 0, 0, 0, 0)


class SharedMemory:
    """Create it before the fork. Pages that were never written to take no memory.

    What the guard may read at any moment is written by storing one aligned word, which is atomic.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _PAGE + MAX_SLOTS * _SIZE)
        self._lease = memoryview(self._memory)[:8].cast("d")
        self.lease_until = float("inf")

    @property
    def lease_until(self) -> float:
        """When the guard kills the worker and its commands."""
        until: float = self._lease[0]
        return until

    @lease_until.setter
    def lease_until(self, boot_seconds: float) -> None:
        self._lease[0] = boot_seconds

    def slot(self, index: int) -> "Slot":
        """The slot with that number, below MAX_SLOTS."""
        return Slot(self._memory, index)


class Slot:
    """Room for one attempt at a time. `pipe`: the reading end, for its output; `buffer`: see State."""

    def __init__(self, memory: mmap.mmap, index: int) -> None:
        self.index = index
        self.pipe = -1
        self._memory = memory
        self._at = _PAGE + index * _SIZE
        room = memoryview(memory)[self._at : self._at + _SIZE]
        self._words = room[:_STATE_ROOM].cast("Q")
        self.buffer = room[_STATE_ROOM : _STATE_ROOM + BUFFER]

    def say(self, *state: int) -> None:
        """Publish a State. In two steps, so that a worker killed between them leaves the previous state."""
        other = 1 - self._words[_CURRENT]
        self._fill(other, state)
        self._make_current(other)

    def _fill(self, copy: int, state: tuple[int, ...]) -> None:
        _STATE.pack_into(self._memory, self._at + copy * _COPY, *state)

    def _make_current(self, copy: int) -> None:
        self._words[_CURRENT] = copy

    def said(self) -> State:
        """The State that the worker published last."""
        return State(*_STATE.unpack_from(self._memory, self._at + self._words[_CURRENT] * _COPY))

    def available(self) -> int:
        """Bytes in the pipe."""
        return int.from_bytes(fcntl.ioctl(self.pipe, termios.FIONREAD, b"\0\0\0\0"), "little")


class Slots:
    """Of a worker. `share` sends the guard the number of a slot, and the reading end of its pipe.

    `renew`: each command gets a new pipe. This is needed if commands have users of their own: one could keep a
    descriptor of its pipe that is no open end (O_PATH), and reopen it when another user's command prints there.
    """

    def __init__(self, memory: SharedMemory, count: int, share: Callable[[int, int], None], *, renew: bool) -> None:
        self._share = share
        self._renew = renew
        self._free = [memory.slot(index) for index in reversed(range(count))]
        for slot in self._free:
            self._make_pipe(slot)

    def take(self) -> Slot:
        """A free slot."""
        return self._free.pop()

    def give_back(self, slot: Slot) -> None:
        """Its command has ended, and the output is saved: the guard no longer needs to know of it."""
        slot.say(*FREE)
        if self._renew or not _ended(slot.pipe):
            os.close(slot.pipe)
            self._make_pipe(slot)
        self._free.append(slot)

    def _make_pipe(self, slot: Slot) -> None:
        slot.pipe, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)  # a command could read what `available` counted
        os.fchmod(writing, WRITABLE_BY_ALL)
        os.close(writing)
        self._share(slot.index, slot.pipe)


def _ended(pipe: int) -> bool:
    """Whether all writing ends are closed; a command may have passed one on."""
    try:
        return not os.read(pipe, 1)
    except BlockingIOError:
        return False
