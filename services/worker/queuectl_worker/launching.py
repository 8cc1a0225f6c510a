"""Starting a command: its user, its directory, its environment, its shell."""

import math
import os
import signal
import time
from shlex import quote

from queuectl_core.logs.store import LogWriter
from queuectl_core.model.attempt import Claim
from queuectl_worker import environment, fork_exec, oom_score, shebang
from queuectl_worker.command import Command
from queuectl_worker.directories import Directories
from queuectl_worker.exec_prefix import with_exec
from queuectl_worker.isolation import NOT_ISOLATED, CannotIsolate, Isolation, Isolator
from queuectl_worker.output import Output
from queuectl_worker.slots import Slot
from queuectl_worker.users import GATE, OWN_VARIABLES, THROUGH_GATE, Users

DEFAULTED = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})  # our parent may have ignored any of them
IN_DIRECTORY = 'cd -- "$1" && exec /bin/sh -c -- "$2"'


class CannotStart(Exception):
    """The text says why."""


class Launcher:
    """Of one worker. `base`: the environment of all its commands; `open_files`: their limit, see GuardLink."""

    def __init__(
        self, base: dict[str, str], users: Users, directories: Directories, isolator: Isolator, open_files: int
    ) -> None:
        self._base = base
        self._users = users
        self._directories = directories
        self._isolator = isolator
        self._preamble = f"ulimit -Sn {open_files}; " + oom_score.RAISE_IN_SHELL

    def start(self, claim: Claim, slot: Slot, log: LogWriter) -> Command:
        """Start the command of a claimed job; `log`: see LogWriter. Raises CannotStart."""
        uid = self._users.take()
        output = directory = None
        try:
            isolation = self._isolator.of(claim)
            output = Output(slot, *claim.lease[:2], log, claim.log_max_bytes)
            command = with_exec(claim.command)
            with self._users.acting_as(uid):
                if not isolation.wrapper:  # a sandbox has its own temporary files
                    directory = self._directories.make()
                    command = shebang.run_by_interpreter(command, directory)
                if claim.cwd is not None and not os.access(claim.cwd, os.X_OK):
                    raise FileNotFoundError(0, f"cannot enter the directory {claim.cwd}")
            script = self._script(command, claim.cwd, directory, uid)
            own = environment.own(claim)
            if directory:
                own = self._variables_of_directory(directory, uid) | own
            root = self._launch(script, own, isolation, output.writing, uid)
        except (OSError, ValueError, CannotIsolate) as fault:
            if output:
                output.close()
            if directory:
                self._directories.left(directory, uid)
            self._users.give_back(uid)
            reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
            raise CannotStart(f"could not be started: {reason}") from fault
        output.started()
        now = time.monotonic()
        deadline = now + claim.timeout if claim.timeout else math.inf
        return Command(claim.lease.key, claim, slot, root, uid, output, isolation.limits, directory, now, deadline)

    def _script(self, command: str, cwd: str | None, directory: str | None, uid: int | None) -> list[str]:
        """The script for the shell, and the script's arguments."""
        if cwd is not None:
            return [IN_DIRECTORY, "sh", cwd, command]
        if uid is not None:
            command = f"cd -- {quote(directory or self._base['HOME'])}; {command}"
        return [command]

    def _variables_of_directory(self, directory: str, uid: int | None) -> dict[str, str]:
        return {"TMPDIR": directory} if uid is None else {"TMPDIR": directory, "HOME": directory}

    def _launch(
        self, script: list[str], own: dict[str, str], isolation: Isolation, stdout: int, uid: int | None
    ) -> int:
        """Returns the pid of the shell. Prefers posix_spawn, which takes much less time than a fork."""
        if isolation is not NOT_ISOLATED or (uid is not None and not own.keys() <= OWN_VARIABLES):
            group = None if uid is None else self._users.group
            return fork_exec.start(script, self._base, own, stdout, isolation, DEFAULTED, uid, group)
        with self._users.acting_as(uid) as gate:
            behind_gate = [] if gate is None else [(os.POSIX_SPAWN_DUP2, gate, GATE)]
            preamble = self._preamble if gate is None else THROUGH_GATE + self._preamble
            return os.posix_spawn(
                "/bin/sh",
                ["sh", "-c", "--", preamble + script[0], *script[1:]],
                self._base | own,
                file_actions=[  # standard input is the worker's own: /dev/null
                    (os.POSIX_SPAWN_DUP2, stdout, 1),
                    (os.POSIX_SPAWN_DUP2, stdout, 2),
                    *behind_gate,
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=DEFAULTED,
            )
