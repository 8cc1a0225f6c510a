"""The spawner: a small process between the worker and its commands. It starts them, and none outlives it.

It speaks with the worker over a socket, a JSON object a line:

    ← {"do": "lease", "until": seconds}          of CLOCK_BOOTTIME
    ← {"do": "start", "commands": [{"key": "7-1", "command": …, "cwd": …, "env": {…}, "log": path, "most": bytes,
      "leftover_grace": seconds}, …]}
      and, of a command that is contained: "limits": {"memory": bytes}, "rlimits": …, "front": …: see contained
    ← {"do": "signal", "key": "7-1", "signal": 15}
    → {"ended": [{"key": "7-1", "status": 3, "bytes": 6, "cpu": seconds, "memory": bytes}, …]}
                                                 -N: ended by signal N; what it has printed, and used: see Meter;
                                                 "whole": all of a short output, or "tail": the end of a longer one,
                                                 a character a byte; "over": a limit for which it was killed; "left":
                                                 how many processes that it had left behind were stopped; "removed":
                                                 files and bytes that it had left behind
                                                 "fault" alone: why it could not be started
    → {"usage": {"7-1": [1.5, seconds, bytes, 3]}}    about once a second: what those use that have run for one, in
                                                 cores, CPU time so far, memory and processes
    → {"held": "No space left on device"}        why the output of a command cannot be written, which waits; null: it
                                                 can be again

When the socket closes, as the worker has ended or was killed, or the lease runs out, as it hangs or was stopped,
everything that was started is killed, what is left in the pipes is written, and the spawner ends. It is given a lock
that is free from then on: only then will somebody else run those jobs.
When a command ends, what it left behind is given a while to end as well: a job has ended when nothing of it runs.
It imports as little as it can, and not the database.
"""

import contextlib
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from queuectl_worker import oom, script, tree
from queuectl_worker.command import Command
from queuectl_worker.directories import Directories, Removed, removed
from queuectl_worker.output import Output
from queuectl_worker.tree import Process
from queuectl_worker.users import GATE, OWN_VARIABLES, THROUGH_GATE, Users, owner

DEFAULTED = sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})  # any may be ignored where we started
IN_DIRECTORY = 'cd -- "$1" && exec /bin/sh -c -- "$2"'
LOOK_SECONDS = 0.05
LOOK_AT_USAGE_SECONDS = 1.0
LOOK_AT_LIMITS_SECONDS = 0.1
WRITE_AGAIN_SECONDS = 0.5
ROUGHLY_BYTES = 1 << 20
BURIAL_LOOKS, BURIAL_SECONDS = 100, 0.001
MOST_AT_ONCE = 2000
STARTED_AT_ONCE = 4


class Spawner:
    """One loop: what the worker wants, what commands print, and which of them have ended.

    `kill_grace`: seconds between SIGTERM and SIGKILL for what a command has left behind.
    """

    def __init__(self, worker: socket.socket, users: Users, kill_grace: float) -> None:
        self._worker = worker
        self._users = users
        self._kill_grace = kill_grace
        self._commands: dict[str, Command] = {}
        self._roots: dict[int, Command] = {}
        self._rootless: dict[str, Command] = {}
        self._pipes: dict[int, Command] = {}
        self._young: deque[Command] = deque()
        self._held: dict[str, Command] = {}
        where = os.environ.get("TMPDIR", "/tmp")  # noqa: S108  # as every program takes it
        self._directories = Directories(where, os.environ["QUEUECTL_WORKER"], users)
        self._removing: dict[int, tuple[Command, int]] = {}
        self._environment = {**os.environb}
        self._first = f"ulimit -Sn {_allow_many_files()}; " + oom.KILL_ME_FIRST
        self._unread = bytearray()
        self._unsaid = b""
        self._to_start: deque[dict[str, Any]] = deque()
        self._lease_until = math.inf
        self._usage_at = 0.0
        self._limits_at = 0.0
        self._write_at = 0.0
        self._leftovers_at = 0.0
        self._own_peak = 0
        self._ended = self._hear_of_children()
        self._epoll = select.epoll()

    def run(self) -> None:
        """Until the worker has gone, or its lease."""
        worker = self._worker.fileno()
        self._epoll.register(worker, select.EPOLLIN)
        self._epoll.register(self._ended, select.EPOLLIN)
        said_all = True
        while self._seconds_of_lease() > 0:
            if said_all != (not self._unsaid):
                said_all = not self._unsaid
                self._epoll.modify(worker, select.EPOLLIN if said_all else select.EPOLLIN | select.EPOLLOUT)
            ready = dict(self._epoll.poll(self._seconds_to_sleep()))
            self._look_at_limits()
            for pipe in ready.keys() & self._pipes.keys():
                self._read(self._pipes[pipe])
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._reap()
            if ready.get(worker, 0) & ~select.EPOLLOUT and not self._listen():
                break
            self._say()
            self._start_some()
            self._look_at_output()
            self._look_at_leftovers()
            self._look_at_usage()
        self._kill_all()
        self._bury()
        self._write_what_is_left()

    def _hear_of_children(self) -> int:
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return reading

    def _seconds_to_sleep(self) -> float:
        if self._to_start:
            return 0.0
        longest = LOOK_AT_USAGE_SECONDS if self._commands else 3600.0
        if self._young or self._held or self._rootless or self._limits_at < math.inf:
            longest = LOOK_SECONDS
        return max(0.0, min(longest, self._seconds_of_lease())) + 0.001

    def _seconds_of_lease(self) -> float:
        return self._lease_until - time.clock_gettime(time.CLOCK_BOOTTIME)

    # Output

    def _read(self, command: Command) -> None:
        if not command.output.read():
            self._unwatch(command)
        elif command.output.fault:
            self._hold(command)

    def _hold(self, command: Command) -> None:
        """Read no more of a command whose output cannot be written: it waits where it prints."""
        self._unwatch(command)
        if not self._held:
            self._write_at = time.monotonic() + WRITE_AGAIN_SECONDS
            self._tell({"held": command.output.fault})
        self._held[command.key] = command

    def _watch(self, command: Command) -> None:
        self._pipes[command.output.pipe] = command
        self._epoll.register(command.output.pipe, select.EPOLLIN)

    def _unwatch(self, command: Command) -> None:
        if self._pipes.pop(command.output.pipe, None):
            self._epoll.unregister(command.output.pipe)  # before it is closed: a child just born may hold it, too

    def _look_at_output(self) -> None:
        """Show what those have printed that do not end at once, and try again what could not be written."""
        now = time.monotonic()
        while self._young and self._young[0].began + LOOK_SECONDS <= now:
            command = self._young.popleft()
            if command.key in self._commands:
                command.output.settle()
                if command.output.fault:
                    self._hold(command)
        if self._held and now >= self._write_at:
            self._write_at = now + WRITE_AGAIN_SECONDS
            self._write_again()

    def _write_again(self) -> None:
        for command in list(self._held.values()):
            command.output.settle()
            self._let_go_on(command)

    def _let_go_on(self, command: Command) -> None:
        if command.key in self._held and not command.output.fault:
            del self._held[command.key]
            if command.ended is None:
                self._watch(command)
            if not self._held:
                self._tell({"held": None})

    def _write_what_is_left(self) -> None:
        """The worker has gone; what its commands had printed has not."""
        for command in self._commands.values():
            command.output.settle()
            command.output.discard()
            command.output.finish()
            command.output.close()
        self._directories.close()

    def _look_at_usage(self) -> None:
        """Of commands that have run for a moment: short ones come and go without a walk through /proc."""
        now = time.monotonic()
        if now < self._usage_at:
            return
        self._usage_at = now + LOOK_AT_USAGE_SECONDS
        seen = [command for command in self._commands.values() if now - command.began >= LOOK_AT_USAGE_SECONDS]
        if not seen:
            return
        usage = {command.key: command.meter.look(tree, orphans) for command, tree, orphans in self._families(seen)}
        if not self._unsaid:  # a worker that does not listen is not told of what is past
            self._tell({"usage": usage})

    def _look_at_limits(self) -> None:
        """Of commands that have some: what is over one is killed, again and again until it has ended."""
        now = time.monotonic()
        if now < self._limits_at:
            return
        limited = [command for command in self._commands.values() if command.limits]
        self._limits_at = now + LOOK_AT_LIMITS_SECONDS if limited else math.inf
        if not limited:
            return
        self._kill_strays(self._orphans())  # who denies whose it is would not be counted
        for command in limited:
            crowded = "processes" in command.limits and tree.crowded(command.root, command.limits["processes"])
            if crowded and command.ended is None:
                command.over = command.over or "processes"
                os.killpg(command.root, signal.SIGKILL)  # at once: to look at all of a fork bomb takes too long
        for command, of_root, orphans in self._families(limited):
            command.over = command.over or command.meter.over(command.limits, of_root, orphans)
            if command.over:
                tree.kill([*of_root, *(process for left in orphans.values() for process in left)])

    def _families(
        self, commands: Iterable[Command]
    ) -> Iterator[tuple[Command, list[Process], dict[int, list[Process]]]]:
        """Each with its processes, and those of its orphans."""
        processes = tree.Processes()
        left = self._by_owner(self._orphans())
        for command in commands:
            of_root = processes.tree(command.root) if command.ended is None else []
            yield command, of_root, {pid: processes.tree(pid) for pid in left.get(command.key, ())}

    def _listen(self) -> bool:
        try:
            data = self._worker.recv(1 << 16)
        except ConnectionResetError:  # it died without having read all that was said to it
            return False
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
            self._start(self._to_start.popleft())

    def _start(self, message: dict[str, Any]) -> None:
        command, cwd, own = message["command"], message["cwd"], message["env"]
        sandboxed = bool(message.get("front"))
        uid = self._users.take()
        output = directory = None
        try:
            output = Output(message["log"], message["most"])
            with self._users.acting_as(uid):
                if not sandboxed:  # what is in there ends with it
                    directory = self._directories.make()
                    command = script.of(command, directory)
                if cwd is not None and not os.access(cwd, os.X_OK):
                    raise FileNotFoundError(0, f"cannot enter the directory {cwd}")
            words = [command] if cwd is None else [IN_DIRECTORY, "sh", cwd, command]
            if directory:
                message["env"] = self._of_directory(directory, uid) | own
                if cwd is None and uid is not None:
                    words[0] = f"cd {directory}; {words[0]}"
            root = self._launch(words, message, output.writing, uid)
        except (OSError, ValueError) as fault:
            reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
            if output:
                output.close()
            if directory:
                self._directories.left(directory, uid)
            self._users.give_back(uid)
            self._tell({"ended": [{"key": message["key"], "fault": f"could not be started: {reason}"}]})
            return
        output.started()
        marks = frozenset(f"{name}={own[name]}".encode() for name in ("QUEUECTL_JOB_ID", "QUEUECTL_ATTEMPT"))
        started = Command(
            message["key"],
            root,
            marks,
            uid,
            output,
            message.get("limits", {}),
            sandboxed,
            message["leftover_grace"],
            directory,
            time.monotonic(),
        )
        self._commands[started.key] = self._roots[root] = started
        self._young.append(started)
        self._watch(started)
        if started.limits:
            self._limits_at = min(self._limits_at, started.began + LOOK_AT_LIMITS_SECONDS)

    def _of_directory(self, directory: str, uid: int | None) -> dict[str, str]:
        return {"TMPDIR": directory} if uid is None else {"TMPDIR": directory, "HOME": directory}

    def _launch(self, words: list[str], message: dict[str, Any], printing: int, uid: int | None) -> int:
        if "limits" in message or (uid is not None and not message["env"].keys() <= OWN_VARIABLES):
            from queuectl_worker import contained  # it is not small, and mostly not needed

            rlimits, front = message.get("rlimits", ()), message.get("front", ())
            group = None if uid is None else self._users.group
            return contained.start(words, message["env"], printing, rlimits, front, DEFAULTED, uid, group)
        with self._users.acting_as(uid) as gate:
            behind_gate = [] if gate is None else [(os.POSIX_SPAWN_DUP2, gate, GATE)]
            first = self._first if gate is None else THROUGH_GATE + self._first
            return os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", "--", first + words[0], *words[1:]],
                self._environment | {os.fsencode(name): os.fsencode(value) for name, value in message["env"].items()},
                file_actions=[  # standard input is the spawner's own: /dev/null
                    (os.POSIX_SPAWN_DUP2, printing, 1),
                    (os.POSIX_SPAWN_DUP2, printing, 2),
                    *behind_gate,
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULTED,
            )

    # Ends

    def _signal(self, key: str, number: int) -> None:
        """Signal the whole tree: by the worker, which stops this command."""
        command = self._commands.get(key)
        if command is None:
            return
        command.asked = True
        command.stop_at = math.inf
        command.output.discard()
        self._let_go_on(command)
        if number == signal.SIGKILL:
            command.kill_at = 0.0
        roots = self._by_owner(self._orphans()).get(key, [])
        if command.ended is None:
            # A sandbox is not asked to end but what is in it: when bubblewrap ends, all of that is killed.
            asked = command.sandboxed and number != signal.SIGKILL
            roots += tree.children(command.root) if asked else [command.root]
        tree.send(number, roots)

    def _reap(self) -> None:
        """Reap the processes that have ended: roots of commands, and orphans."""
        now = time.monotonic()
        left = MOST_AT_ONCE
        while left and (found := self._next_dead()) is not None:
            left -= 1
            command = self._roots.pop(found, None)
            if command is not None and command.sandboxed:
                # Not reaped yet, so the group's number is still its own.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(found, signal.SIGKILL)
            _, status, used = os.wait4(found, 0)
            if found in self._removing:
                removing, said = self._removing.pop(found)
                removing.removed = removed(said)
            elif command is not None:
                command.root_ended(os.waitstatus_to_exitcode(status), used, now)
                self._rootless[command.key] = command
                if command.sandboxed:
                    self._bury_sandbox(found, command)
            else:
                for running in self._commands.values():
                    running.meter.buried(found, used)
        if not left:  # they die as fast as they are buried: what else there is comes in between
            signal.raise_signal(signal.SIGCHLD)
        self._finish()

    def _bury_sandbox(self, group: int, command: Command) -> None:
        """Bubblewrap's first process inside was just killed; only it knows what the command has used."""
        for _ in range(BURIAL_LOOKS):
            try:
                pid, _, used = os.wait4(-group, os.WNOHANG)
            except ChildProcessError:
                return
            if pid:
                command.meter.inherit(pid, used)
            else:
                time.sleep(BURIAL_SECONDS)

    def _finish(self) -> None:
        """Report the commands of which nothing runs any more; stop what others have left behind for too long."""
        orphans = self._orphans()
        left = self._kill_strays(orphans) if orphans else {}
        for key in left.keys() & self._rootless.keys():
            self._stop_leftovers(self._rootless[key], left[key])
        over = [
            command
            for command in self._rootless.values()
            if command.key not in left and self._finished(command) and self._removed(command)
        ]
        ended = [self._ending(command) for command in over]
        self._users.free(orphans)
        if ended:
            self._tell({"ended": ended})

    def _finished(self, command: Command) -> bool:
        """Whether all of its output is written."""
        if command.output.finish():
            self._let_go_on(command)
            self._unwatch(command)
            return True
        self._hold(command)
        return False

    def _removed(self, command: Command) -> bool:
        """Whether nothing is left of it where others are to find room, too."""
        if command.removed is not None:
            return True
        if any(removing is command for removing, _ in self._removing.values()):
            return False
        left = self._directories.left(command.directory, command.uid)
        if left:
            with contextlib.suppress(OSError):  # no process can be started now: the files stay
                pid, said = self._directories.remove(left, command.uid)
                self._removing[pid] = command, said
                return False
        command.removed = Removed(0, 0)
        return True

    def _ending(self, command: Command) -> dict[str, Any]:
        assert command.ended
        status, used = command.ended
        output = command.output
        del self._commands[command.key], self._rootless[command.key]
        self._users.give_back(command.uid)
        cpu_seconds, memory = command.meter.total(used, self._largest(used))
        said = {"key": command.key, "status": status, "bytes": output.printed, "cpu": cpu_seconds, "memory": memory}
        if output.printed:
            whole = output.small
            said |= {"tail": output.tail.decode("latin-1")} if whole is None else {"whole": whole.decode("latin-1")}
        if command.over:
            said["over"] = command.over
        if command.left:
            said["left"] = command.left
        if command.removed and command.uid is not None:
            said["removed"] = command.removed
        output.close()
        return said

    def _look_at_leftovers(self) -> None:
        """Finish what no event tells of: a grace that is over, output that can be written again."""
        now = time.monotonic()
        if self._rootless and now >= self._leftovers_at:
            self._leftovers_at = now + LOOK_SECONDS
            self._finish()

    def _stop_leftovers(self, command: Command, orphans: list[int]) -> None:
        now = time.monotonic()
        if min(command.stop_at, command.kill_at) > now:
            return
        if not (command.left or command.asked or command.over):
            processes = tree.Processes()
            command.left = len({process.pid for pid in orphans for process in processes.tree(pid)})
        if command.kill_at <= now:
            command.kill_at = now + LOOK_SECONDS  # again, if some of it is still there then
            tree.send(signal.SIGKILL, orphans)
        else:
            command.stop_at, command.kill_at = math.inf, now + self._kill_grace
            tree.send(signal.SIGTERM, orphans)

    def _orphans(self) -> set[int]:
        """Processes that fell to this one, as their parents have ended."""
        return tree.children() - self._roots.keys() - self._removing.keys()

    def _by_owner(self, orphans: Iterable[int]) -> dict[str, list[int]]:
        """The orphans of each command, by its key."""
        found: dict[str, list[int]] = {}
        for pid in orphans:
            command = self._owner(pid)
            if command is not None:
                found.setdefault(command.key, []).append(pid)
        return found

    def _owner(self, orphan: int) -> Command | None:
        """The command that has left it: told by its user, or else by its session and the marks that it carries."""
        commands = self._commands.values()
        if self._users.group != -1:
            uid = owner(orphan)
            return next((command for command in commands if command.uid == uid), None)
        session = tree.session(orphan)
        environment = tree.environment(orphan)
        return (
            self._roots.get(session)
            or next((command for command in commands if command.ended and command.root == session), None)
            or next((command for command in commands if command.marks <= environment), None)
            or next((command for command in commands if command.meter.knows(orphan)), None)
        )

    def _kill_strays(self, orphans: set[int]) -> dict[str, list[int]]:
        """Kill what no command has left, or denies which; the others, by the key of their command."""
        left = self._by_owner(orphans)
        strays = orphans.difference(*left.values())
        if strays:
            tree.send(signal.SIGKILL, strays)
        return left

    def _largest(self, used: resource.struct_rusage) -> int:
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


def _allow_many_files() -> int:
    """Let this process have as many as it may: a command takes up to three. Returns how many it had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft


def main() -> None:
    """Started by the worker with the numbers of two descriptors: the socket, and the lock, which is just kept.

    Then the seconds between SIGTERM and SIGKILL; and where commands get users of their own, the first uid, and the
    worker's mark, for others to see.
    """
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    tree.become_subreaper()
    first_uid = int(sys.argv[4]) if sys.argv[4:] else None
    if first_uid is not None:
        os.chdir(os.environ["HOME"])  # where such commands begin; this process itself started in /
    with socket.socket(fileno=int(sys.argv[1])) as worker:
        worker.set_inheritable(False)
        os.set_inheritable(int(sys.argv[2]), False)
        Spawner(worker, Users(first_uid), float(sys.argv[3])).run()


if __name__ == "__main__":
    main()
