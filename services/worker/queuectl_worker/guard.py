"""The guard: the parent of the worker, which ensures that no command outlives the worker.

If the worker dies, or its leases expire because it hangs or is stopped, the guard adopts everything that the worker has
started, as it is a subreaper. It kills all of that, completes the logs, and exits. This releases a lock, and only then
will another worker run those jobs again. If the guard dies, the worker kills its commands and exits.

To stay small, the guard imports little, and never the database.
"""

import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn

from queuectl_core import worker_file
from queuectl_worker import name, tree
from queuectl_worker.guard_link import FORWARDED, LOCK, NUMBER, GuardLink
from queuectl_worker.output import complete_log
from queuectl_worker.slots import SharedMemory, Slot

REPLACE_STATUS = 75
"""Exit status of a worker that has lost its leases and is to be replaced by one with a new name."""

STOPPING = (signal.SIGTERM, signal.SIGINT)
MAX_SLEEP_SECONDS = 1.0
"""`poll` does not count the time that the machine is suspended, but leases expire meanwhile."""


def run_guarded(work: Callable[[GuardLink], int]) -> NoReturn:
    """Fork a worker that does the `work` and exits with its status; guard it, and exit with the same status."""
    others = tree.children()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    memory = SharedMemory()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    tree.become_subreaper()
    stopping = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, {FORWARDED, *STOPPING})  # they stay pending until a process handles them
    worker = os.fork()
    if not worker:
        ours.close()
        os.setsid()  # a terminal's Ctrl-C reaches only the guard, which forwards it
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        sys.exit(work(GuardLink(memory, theirs, soft)))
    theirs.close()
    guard = Guard(worker, memory, ours, others)
    guard.hear(stopping)
    status = guard.watch()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # pending for the next guard, or this one exits anyway
    if status == REPLACE_STATUS and not guard.told_to_stop:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        name.take()
    sys.exit(0 if status == REPLACE_STATUS else status)


class Guard:
    """Of one worker. `others`: children that this process had before. `told_to_stop`: whether a signal has come."""

    def __init__(self, worker: int, memory: SharedMemory, link: socket.socket, others: set[int]) -> None:
        self._worker = worker
        self._memory = memory
        self._link = link
        self._others = others
        self._waking, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._lives = True
        self._lost = False
        self._slots: dict[int, Slot] = {}
        self._lock = -1
        self._logs = ""
        self.told_to_stop = False

    def hear(self, stopping: Iterable[int]) -> None:
        """Handle these signals, and the worker's end."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in stopping:
            signal.signal(number, self._stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    def _stop(self, *_: object) -> None:
        self.told_to_stop = True
        if self._lives:
            os.kill(self._worker, FORWARDED)

    def watch(self) -> int:
        """Wait until nothing of the worker runs any more; returns its exit status."""
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(self._waking, select.POLLIN)
        while (status := self._status()) is None:
            for descriptor, _ in poll.poll(self._seconds_to_sleep() * 1000):
                if descriptor == self._waking:
                    os.read(self._waking, 4096)
                elif not self._receive():
                    poll.unregister(self._link)
        tree.end_children(self._others)
        while self._receive():
            pass
        self._complete_logs()
        return status

    def _seconds_to_sleep(self) -> float:
        left = self._memory.lease_until - time.clock_gettime(time.CLOCK_BOOTTIME)
        if left <= 0:
            self._kill_worker()
        return min(max(left, 0.01), MAX_SLEEP_SECONDS)

    def _kill_worker(self) -> None:
        """Its leases have expired, because it hangs or is stopped."""
        _log(f"worker {name.own()} sends no heartbeats: it is killed with everything that it runs")
        self._memory.lease_until = float("inf")
        self._lost = True
        os.kill(self._worker, signal.SIGKILL)

    def _status(self) -> int | None:
        if os.waitid(os.P_PID, self._worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._lives = False  # before its pid is free
        _, code = os.waitpid(self._worker, 0)
        status = os.waitstatus_to_exitcode(code)
        if status >= 0:
            return status
        if self._lost:
            return REPLACE_STATUS
        _log(f"worker {name.own()} was killed by signal {-status}")
        return 128 - status

    def _receive(self) -> bool:
        """Receive what the worker hands over. False at the end."""
        data, descriptors, _, _ = socket.recv_fds(self._link, 1 << 16, 1)
        if not data:
            return False
        [number], [descriptor] = NUMBER.unpack_from(data), descriptors
        os.set_inheritable(descriptor, False)  # recv_fds ignores the flag for it
        if number == LOCK:
            self._lock, self._logs = descriptor, os.fsdecode(data[NUMBER.size :])
            return True
        if number in self._slots:
            os.close(self._slots[number].pipe)
        self._slots[number] = self._memory.slot(number)
        self._slots[number].pipe = descriptor
        return True

    def _complete_logs(self) -> None:
        """Of attempts that ran when the worker was killed; they are also noted in the worker's file."""
        unreported = [(slot, said) for slot in self._slots.values() if (said := slot.said()).seq]
        if not unreported:
            return
        from queuectl_core.logs.open import open_log_store  # only now: usually there is nothing to complete

        logs = open_log_store(self._logs)
        for slot, said in unreported:
            complete_log(slot, said, logs)
        with suppress(OSError):
            worker_file.write_unreported(self._lock, [(said.seq, said.attempt) for _, said in unreported])


def _log(text: str) -> None:
    import logging  # rarely needed

    from queuectl_core import log_lines

    log_lines.begin("warning")
    logging.getLogger("queuectl.worker").warning(text)
