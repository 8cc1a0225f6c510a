"""The spawner: a small process between the worker and its commands. It starts them, and none outlives it.

It speaks with the worker over a socket, a JSON object a line:

    ← {"do": "lease", "until": seconds}          of CLOCK_BOOTTIME
    ← {"do": "start", "commands": [{"key": "7-1", "command": …, "cwd": …, "env": {…}, "most": bytes}, …]}
      with the descriptors of their logs; and, of a command that is contained: "limits": {"memory": bytes},
      "rlimits": …, "front": …: see contained
    ← {"do": "signal", "key": "7-1", "signal": 15}
    → {"ended": [{"key": "7-1", "status": 3, "bytes": 6, "cpu": seconds, "memory": bytes}, …]}
                                                 -N: ended by signal N; what it has printed, and used: see Meter;
                                                 "over": a limit for which it was killed
                                                 "fault" alone: why it could not be started
    → {"usage": {"7-1": [1.5, seconds, bytes, 3]}}    about once a second: what those use that have run for one, in
                                                 cores, CPU time so far, memory and processes

When the socket closes, as the worker has ended or was killed, or the lease runs out, as it hangs or was stopped,
everything that was started is killed, and the spawner ends. It is given a lock that is free from then on: only then
will somebody else run those jobs.
When a command ends, what it left behind is killed, as by systemd: a job has ended when nothing of it runs.
It imports as little as it can, and neither the core nor the database.
"""

import contextlib
import json
import math
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from resource import struct_rusage
from typing import Any

from queuectl_worker import oom, tree
from queuectl_worker.meter import Meter
from queuectl_worker.output import Output
from queuectl_worker.tree import Process
from queuectl_worker.users import GATE, OWN_VARIABLES, THROUGH_GATE, Users, owner

DEFAULTED = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})  # any may be ignored where we started
IN_DIRECTORY = 'cd -- "$1" && exec /bin/sh -c "$2"'
LOOK_AT_OUTPUT_SECONDS = 0.05
LOOK_AT_USAGE_SECONDS = 1.0
LOOK_AT_LIMITS_SECONDS = 0.1
ROUGHLY_BYTES = 1 << 20
BURIAL_LOOKS, BURIAL_SECONDS = 100, 0.001
MOST_AT_ONCE = 2000
STARTED_AT_ONCE = 4


@dataclass(slots=True)
class Started:
    """A command that runs; `marks` are in the environment of everything it starts. `uid`: its own, if it has one.

    `limits`: those of all its processes together; `over`: the first that it exceeded.
    """

    key: str
    marks: frozenset[bytes]
    uid: int | None
    output: Output
    meter: Meter
    limits: dict[str, float]
    sandboxed: bool
    over: str | None = None

    def owns(self, orphan: int) -> bool:
        """Whether it has left that process to the spawner."""
        return self.meter.knows(orphan) or self.has_left(orphan)

    def has_left(self, orphan: int) -> bool:
        """Whether that orphan says so of itself."""
        return tree.carries(orphan, self.marks) if self.uid is None else owner(orphan) == self.uid


class Spawner:
    """One loop: what the worker wants, and which children have ended."""

    def __init__(self, worker: socket.socket, users: Users) -> None:
        self._worker = worker
        self._users = users
        self._running: dict[int, Started] = {}
        self._pids: dict[str, int] = {}
        self._environment = {**os.environb}
        self._unread = bytearray()
        self._unsaid = b""
        self._logs: deque[int] = deque()
        self._to_start: deque[dict[str, Any]] = deque()
        self._lease_until = math.inf
        self._output_at = 0.0
        self._usage_at = 0.0
        self._limits_at = 0.0
        self._own_peak = 0
        self._ended = self._hear_of_children()

    def run(self) -> None:
        """Until the worker has gone, or its lease."""
        poll = select.poll()
        poll.register(self._worker, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        while self._seconds_of_lease() > 0:
            poll.modify(self._worker, select.POLLIN | select.POLLOUT if self._unsaid else select.POLLIN)
            ready = dict(poll.poll(self._seconds_to_sleep() * 1000))
            self._look_at_limits()
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._reap()
            if ready.get(self._worker.fileno(), 0) & ~select.POLLOUT and not self._listen():
                break
            self._say()
            self._start_some()
            self._look_at_output()
            self._look_at_usage()
        self._kill_all()
        self._bury()

    def _hear_of_children(self) -> int:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return reading

    def _seconds_to_sleep(self) -> float:
        if self._to_start:
            return 0.0
        longest = LOOK_AT_OUTPUT_SECONDS if self._running else 3600.0
        return max(0.0, min(longest, self._seconds_of_lease())) + 0.001

    def _seconds_of_lease(self) -> float:
        return self._lease_until - time.clock_gettime(time.CLOCK_BOOTTIME)

    def _look_at_output(self) -> None:
        now = time.monotonic()
        if now >= self._output_at:
            self._output_at = now + LOOK_AT_OUTPUT_SECONDS
            for started in self._running.values():
                started.output.bound()

    def _look_at_usage(self) -> None:
        """Of commands that have run for a moment: short ones come and go without a walk through /proc."""
        now = time.monotonic()
        if now < self._usage_at:
            return
        self._usage_at = now + LOOK_AT_USAGE_SECONDS
        seen = {pid: own for pid, own in self._running.items() if own.meter.runs_for(LOOK_AT_USAGE_SECONDS)}
        if not seen:
            return
        usage = {own.key: own.meter.look(of_root, orphans) for own, of_root, orphans in self._families(seen)}
        if not self._unsaid:  # a worker that does not listen is not told of what is past
            self._tell({"usage": usage})

    def _look_at_limits(self) -> None:
        """Of commands that have some: what is over one is killed, again and again until it has ended."""
        now = time.monotonic()
        if now < self._limits_at:
            return
        self._limits_at = now + LOOK_AT_LIMITS_SECONDS
        limited = {pid: own for pid, own in self._running.items() if own.limits}
        if not limited:
            return
        self._kill_orphans()  # who denies whose it is would not be counted
        for pid, started in limited.items():
            if "processes" in started.limits and tree.crowded(pid, started.limits["processes"]):
                started.over = started.over or "processes"
                os.killpg(pid, signal.SIGKILL)  # at once: to look at all of a fork bomb takes too long
        for started, of_root, orphans in self._families(limited):
            started.over = started.over or started.meter.over(started.limits, of_root, orphans)
            if started.over:
                tree.kill([*of_root, *(process for left in orphans.values() for process in left)])

    def _families(
        self, commands: dict[int, Started]
    ) -> Iterator[tuple[Started, list[Process], dict[int, list[Process]]]]:
        """Each with its processes, and those of its orphans."""
        processes = tree.Processes()
        orphans = [process.pid for process in processes.all if process.parent == os.getpid()]
        for root, started in commands.items():
            of_it = [pid for pid in orphans if pid not in self._running and started.owns(pid)]
            yield started, processes.tree(root), {pid: processes.tree(pid) for pid in of_it}

    def _listen(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._worker, 1 << 16, 253)
        except ConnectionResetError:  # it died without having read all that was said to it
            return False
        for log in descriptors:
            os.set_inheritable(log, False)  # MSG_CMSG_CLOEXEC would do, but Python 3.11 drops the flags here
        self._logs.extend(descriptors)
        if not data:
            return False
        self._unread += data
        if b"\n" not in data:  # of a long message: not looked through again and again
            return True
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["do"] == "lease":
                self._lease_until = message["until"]
            elif self._seconds_of_lease() <= 0:  # it has slept over the end of the lease: those jobs are others' now
                return False
            elif message["do"] == "start":
                self._to_start.extend(message["commands"])
            else:
                while self._to_start:  # it may be for one of these
                    self._start_some()
                self._signal(message["key"], message["signal"])
        return True

    def _start_some(self) -> None:
        """Not all at once: the worker is told of the ends of some while others are started, so that neither waits."""
        for _ in range(min(STARTED_AT_ONCE, len(self._to_start))):
            self._start(self._to_start.popleft(), self._logs.popleft())

    def _start(self, message: dict[str, Any], log: int) -> None:
        command, cwd, own = message["command"], message["cwd"], message["env"]
        script = ["-c", command] if cwd is None else ["-c", IN_DIRECTORY, "sh", cwd, command]
        uid = self._users.take()
        try:
            if cwd is not None:
                self._check_enterable(cwd, uid)
            pid = self._launch(script, message, log, uid)
        except (OSError, ValueError) as fault:
            reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
            os.close(log)
            self._users.give_back(uid)
            self._tell({"ended": [{"key": message["key"], "fault": f"could not be started: {reason}"}]})
            return
        marks = frozenset(f"{name}={own[name]}".encode() for name in ("QUEUECTL_JOB_ID", "QUEUECTL_ATTEMPT"))
        self._running[pid] = Started(
            message["key"],
            marks,
            uid,
            Output(log, message["most"]),
            Meter(),
            message.get("limits", {}),
            bool(message.get("front")),
        )
        self._pids[message["key"]] = pid

    def _check_enterable(self, directory: str, uid: int | None) -> None:
        with self._users.acting_as(uid):
            if not os.access(directory, os.X_OK):
                raise FileNotFoundError(0, f"cannot enter the directory {directory}")

    def _launch(self, script: list[str], message: dict[str, Any], log: int, uid: int | None) -> int:
        if "limits" in message or (uid is not None and not message["env"].keys() <= OWN_VARIABLES):
            from queuectl_worker import contained  # it is not small, and mostly not needed

            rlimits, front = message.get("rlimits", ()), message.get("front", ())
            group = None if uid is None else self._users.group
            return contained.start(script, message["env"], log, rlimits, front, DEFAULTED, uid, group)
        with self._users.acting_as(uid) as gate:
            behind_gate = [] if gate is None else [(os.POSIX_SPAWN_DUP2, gate, GATE)]
            first = oom.KILL_ME_FIRST if gate is None else THROUGH_GATE + oom.KILL_ME_FIRST
            return os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", first + script[1], *script[2:]],
                self._environment | {os.fsencode(name): os.fsencode(value) for name, value in message["env"].items()},
                file_actions=[  # standard input is the spawner's own: /dev/null
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                    *behind_gate,
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULTED,
            )

    def _signal(self, key: str, number: int) -> None:
        pid = self._pids.get(key)
        if pid is None:
            return
        started = self._running[pid]
        # A sandbox is not asked to end but what is in it: when bubblewrap ends, all of that is killed.
        asked = started.sandboxed and number != signal.SIGKILL
        tree.send(number, [*(tree.children(pid) if asked else [pid]), *self._astray(started)])

    def _astray(self, started: Started) -> list[int]:
        """Orphans that fell to this process and belong to a command that still runs."""
        return [pid for pid in tree.children() - self._running.keys() if started.has_left(pid)]

    def _reap(self) -> None:
        """Bury the dead: commands, and orphans of theirs."""
        ended: list[tuple[Started, int, struct_rusage]] = []
        left = MOST_AT_ONCE
        while left and (found := self._next_dead()) is not None:
            left -= 1
            started = self._running.pop(found, None)
            if started is not None:
                # Not reaped yet, so the group's number is still its own.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(found, signal.SIGKILL)
            _, status, used = os.wait4(found, 0)
            if started is not None:
                del self._pids[started.key]
                if started.sandboxed:
                    self._bury_sandbox(found, started)
                self._users.give_back(started.uid)
                ended.append((started, os.waitstatus_to_exitcode(status), used))
            else:
                for running in self._running.values():
                    running.meter.buried(found, used)
        if not left:  # they die as fast as they are buried: what else there is comes in between
            signal.raise_signal(signal.SIGCHLD)
        self._kill_orphans()
        if ended:
            self._tell({"ended": [self._ending(*end) for end in ended]})

    def _bury_sandbox(self, group: int, started: Started) -> None:
        """Bubblewrap's first process inside was just killed; only it knows what the command has used."""
        for _ in range(BURIAL_LOOKS):
            try:
                pid, _, used = os.wait4(-group, os.WNOHANG)
            except ChildProcessError:
                return
            if pid:
                started.meter.inherit(pid, used)
            else:
                time.sleep(BURIAL_SECONDS)

    def _ending(self, started: Started, status: int, used: struct_rusage) -> dict[str, Any]:
        printed = started.output.bound()
        started.output.close()
        cpu_seconds, memory = started.meter.total(used, self._largest(used))
        said = {"key": started.key, "status": status, "bytes": printed, "cpu": cpu_seconds, "memory": memory}
        return said | {"over": started.over} if started.over else said

    def _largest(self, used: struct_rusage) -> int:
        """Bytes of the largest of the processes, as the kernel says; 0 where they were not larger than this process.

        A child is taken to have been as large as its parent was before it became another program.
        """
        largest: int = used.ru_maxrss * 1024
        if largest > self._own_peak + ROUGHLY_BYTES:
            self._own_peak = tree.own_peak()
        return largest if largest > self._own_peak + ROUGHLY_BYTES else 0

    def _next_dead(self) -> int | None:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        return dead.si_pid if dead else None

    def _kill_orphans(self) -> None:
        """Kill what ended commands have left behind; one that runs keeps what it has started."""
        orphans = tree.children() - self._running.keys()
        self._users.free(orphans)
        if not orphans:
            return
        owners = list(self._running.values())
        left = [pid for pid in orphans if not owners or not any(own.has_left(pid) for own in owners)]
        if left:
            tree.send(signal.SIGKILL, left)

    def _kill_all(self) -> None:
        tree.send(signal.SIGKILL, tree.children())

    def _bury(self) -> None:
        """Wait until all are dead, also those that were still being born, or hang in the kernel: the lock says so."""
        pause = 0.005
        with contextlib.suppress(ChildProcessError):
            while True:
                if os.waitpid(-1, os.WNOHANG) == (0, 0):
                    self._kill_all()
                    time.sleep(pause)
                    pause = min(pause * 1.2, 1.0)

    def _tell(self, message: dict[str, Any]) -> None:
        self._unsaid += json.dumps(message).encode() + b"\n"

    def _say(self) -> None:
        """As much as there is room for: the worker may be waiting for this process to listen."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):  # an end is read, soon
            while self._unsaid:
                self._unsaid = self._unsaid[self._worker.send(self._unsaid, socket.MSG_DONTWAIT) :]


def main() -> None:
    """Started by the worker with the numbers of two descriptors: the socket, and the lock, which is just kept.

    Where commands get users of their own, with the first uid, and with the worker's mark, for others to see.
    """
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    tree.become_subreaper()
    first_uid = int(sys.argv[3]) if sys.argv[3:] else None
    if first_uid is not None:
        os.chdir(os.environ["HOME"])  # where such commands begin; this process itself started in /
    with socket.socket(fileno=int(sys.argv[1])) as worker:
        worker.set_inheritable(False)
        os.set_inheritable(int(sys.argv[2]), False)
        Spawner(worker, Users(first_uid)).run()


if __name__ == "__main__":
    main()
