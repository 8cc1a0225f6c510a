"""The spawner: a small process between the worker and its commands. It starts them, and none outlives it.

It speaks with the worker over a socket, a JSON object a line, each start with its log's descriptor:

    ← {"do": "start", "key": "7-1", "command": …, "cwd": …, "env": {…}}
    ← {"do": "signal", "key": "7-1", "signal": 15}
    ← {"do": "lease", "until": seconds}          of CLOCK_BOOTTIME
    → {"key": "7-1", "status": 3}                -N: ended by signal N
    → {"key": "7-1", "fault": "…"}               it could not be started

When the socket closes, as the worker has ended or was killed, everything that was started is killed. So it
is when the lease runs out, as the worker hangs or was stopped: somebody else is about to run those jobs.
When a command ends, what it left behind is killed, as by systemd: a job has ended when nothing of it runs.
It imports as little as it can, and neither the core nor the database.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from queuectl_worker import tree

DEFAULTED = [signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXFSZ]
IN_DIRECTORY = 'cd -- "$1" && exec /bin/sh -c "$2"'
DYING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Started:
    """A command that runs; `marks` are in the environment of everything it starts."""

    key: str
    marks: frozenset[bytes]


class Spawner:
    """One loop: what the worker wants, and which children have ended."""

    def __init__(self, worker: socket.socket) -> None:
        self._worker = worker
        self._running: dict[int, Started] = {}
        self._pids: dict[str, int] = {}
        self._unread = b""
        self._logs: deque[int] = deque()
        self._lease_until: float | None = None
        self._ended = self._hear_of_children()

    def run(self) -> None:
        """Until the worker has gone."""
        poll = select.poll()
        poll.register(self._worker, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(self._milliseconds_left())}
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._reap()
            if self._worker.fileno() in ready and not self._listen():
                break
            if self._lease_until is not None and time.clock_gettime(time.CLOCK_BOOTTIME) > self._lease_until:
                self._lease_until = None
                self._kill_all()
        self._kill_all()
        self._bury()

    def _hear_of_children(self) -> int:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return reading

    def _milliseconds_left(self) -> float | None:
        if self._lease_until is None:
            return None
        return max(0.0, self._lease_until - time.clock_gettime(time.CLOCK_BOOTTIME)) * 1000 + 1

    def _listen(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self._worker, 1 << 20, 253)
        for log in descriptors:
            os.set_inheritable(log, False)  # MSG_CMSG_CLOEXEC would do, but Python 3.11 drops the flags here
        self._logs.extend(descriptors)
        if not data:
            return False
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["do"] == "start":
                self._start(message, self._logs.popleft())
            elif message["do"] == "signal":
                self._signal(message["key"], message["signal"])
            else:
                self._lease_until = message["until"]
        return True

    def _start(self, message: dict[str, Any], log: int) -> None:
        command, cwd, own = message["command"], message["cwd"], message["env"]
        script = ["-c", command] if cwd is None else ["-c", IN_DIRECTORY, "sh", cwd, command]
        try:
            if cwd is not None and not os.access(cwd, os.X_OK):
                raise FileNotFoundError(0, f"cannot enter the directory {cwd}")
            pid = os.posix_spawn(
                "/bin/sh",
                ["sh", *script],
                os.environ | own,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULTED,
            )
        except (OSError, ValueError) as fault:
            reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
            self._tell({"key": message["key"], "fault": f"could not be started: {reason}"})
            return
        finally:
            os.close(log)
        marks = frozenset(f"{name}={own[name]}".encode() for name in ("QUEUECTL_JOB_ID", "QUEUECTL_ATTEMPT"))
        self._running[pid] = Started(message["key"], marks)
        self._pids[message["key"]] = pid

    def _signal(self, key: str, number: int) -> None:
        pid = self._pids.get(key)
        if pid is not None:
            tree.send(number, [pid, *self._astray(self._running[pid])])

    def _astray(self, started: Started) -> list[int]:
        """Orphans that fell to this process and belong to a command that still runs."""
        return [pid for pid in tree.children() - self._running.keys() if tree.carries(pid, started.marks)]

    def _reap(self) -> None:
        """Bury the dead: commands, and orphans of theirs."""
        ended = []
        while (found := self._next_dead()) is not None:
            started = self._running.pop(found, None)
            if started is not None:
                # Not reaped yet, so the group's number is still its own.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(found, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(found, 0)[1])
            if started is not None:
                del self._pids[started.key]
                ended.append({"key": started.key, "status": status})
        self._kill_orphans()
        self._tell(*ended)

    def _next_dead(self) -> int | None:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        return dead.si_pid if dead else None

    def _kill_orphans(self) -> None:
        """Kill what ended commands have left behind; one that runs keeps what it has started."""
        orphans = tree.children() - self._running.keys()
        if not orphans:
            return
        owners = list(self._running.values())
        left = [pid for pid in orphans if not owners or not any(tree.carries(pid, own.marks) for own in owners)]
        tree.send(signal.SIGKILL, left)

    def _kill_all(self) -> None:
        tree.send(signal.SIGKILL, tree.children())

    def _bury(self) -> None:
        """Wait until all are dead, also those that were still being born; the worker's place is free only then."""
        deadline = time.monotonic() + DYING_SECONDS
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    self._kill_all()
                    time.sleep(0.005)
            except ChildProcessError:
                return

    def _tell(self, *messages: dict[str, Any]) -> None:
        if messages:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # read as its end, soon
                self._worker.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))


def main() -> None:
    """Started by the worker with the number of the socket's descriptor."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    tree.become_subreaper()
    with socket.socket(fileno=int(sys.argv[1])) as worker:
        worker.set_inheritable(False)
        Spawner(worker).run()


if __name__ == "__main__":
    main()
