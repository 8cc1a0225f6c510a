"""Signals of the worker process: a child has ended, or the guard asks it to drain."""

import os
import signal
from collections.abc import Callable

from queuectl_worker.guard_link import FORWARDED
from queuectl_worker.poller import Poller


class Signals:
    """`child_ended`: set by SIGCHLD; the loop resets it when it has acted on it."""

    def __init__(self) -> None:
        self.child_ended = False

    def listen(self, poller: Poller, drain: Callable[[], None]) -> None:
        """Have signals wake the poller, and call `drain` when the guard asks for it."""
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        poller.register(reading, lambda _: self._received(os.read(reading, 4096)))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(FORWARDED, lambda *_: drain())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {FORWARDED})

    def _received(self, numbers: bytes) -> None:
        self.child_ended = signal.SIGCHLD in numbers or self.child_ended
