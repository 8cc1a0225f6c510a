"""If a worker is killed at any step of reading output, its guard completes the log."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from queuectl_core.logs.store import LogStore
from queuectl_worker.output import SMALL, Output, complete_log
from queuectl_worker.slots import SharedMemory, Slot, Slots
from tests.output import opened_logs, read_output

SEQ, ATTEMPT = 7, 1
PIPE = 1 << 16


class Killed(BaseException):
    """Stands for SIGKILL."""


class Countdown:
    """Allows a number of steps, then kills. Each operation on the queue's pipes, files and shared memory is a step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self._left = steps
        for where, what in ((os, "readv"), (os, "pwrite"), (Slot, "_fill"), (Slot, "_make_current")):
            monkeypatch.setattr(where, what, self._counted(getattr(where, what)))

    def _counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                if isinstance(arguments[0], Slot) and len(arguments) == 3:
                    step(arguments[0], arguments[1], (1,) * 7)  # only half of it, so to speak
                raise Killed
            return step(*arguments)

        return counted


@pytest.mark.parametrize("most", [10_000_000, 5000], ids=["all of it is kept", "the middle is not kept"])
@pytest.mark.parametrize("sizes", [[1], [SMALL], [300, 300], [5, 70_000, 40_000, 2000]], ids=str)
def test_no_output_is_lost_whichever_step_is_the_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: list[int], most: int
) -> None:
    steps, killed = 0, True
    while killed:
        (tmp_path / str(steps)).mkdir()
        logs = opened_logs(tmp_path / str(steps))
        whole, killed = taken(monkeypatch, logs, sizes, most, steps)
        gap = b"\n[... %d bytes were not kept ...]\n" % (len(whole) - most)
        bounded = whole if len(whole) <= most else whole[: most // 2] + gap + whole[most // 2 - most :]
        assert read_output(logs, SEQ, ATTEMPT) == bounded, steps
        steps += 1
    assert steps > len(sizes)


def taken(
    monkeypatch: pytest.MonkeyPatch, logs: LogStore, sizes: list[int], most: int, steps: int
) -> tuple[bytes, bool]:
    """Print pieces of these sizes; returns what was printed, and whether the worker was killed meanwhile."""
    memory, pipes = SharedMemory(), dict[int, int]()
    slots = Slots(memory, 1, lambda number, pipe: pipes.update({number: os.dup(pipe)}), renew=False)
    log = logs.writer(SEQ, ATTEMPT, most)
    output = Output(slots.take(), SEQ, ATTEMPT, log, most)
    whole, killed = b"", False
    with monkeypatch.context() as patch:
        Countdown(patch, steps)
        try:
            for piece in pieces(sizes):
                os.write(output.writing, piece)
                whole += piece
                while output.read():
                    pass
            output.settle()
        except Killed:
            killed = True
    for_guard = memory.slot(0)
    for_guard.pipe = pipes[0]
    complete_log(for_guard, for_guard.said(), logs)
    os.close(pipes[0])
    os.close(output.pipe)
    output.close()
    return whole, killed


def pieces(sizes: list[int]) -> Iterator[bytes]:
    """Numbered bytes, in pieces that fit into a pipe."""
    whole = b"".join(b"%07d\n" % number for number in range(sum(sizes) // 8 + 1))
    for size in sizes:
        for first in range(0, size, PIPE):
            count = min(PIPE, size - first)
            yield whole[:count]
            whole = whole[count:]
