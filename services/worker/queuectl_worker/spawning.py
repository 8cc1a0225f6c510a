"""The worker's side of its spawner."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from queuectl_core.attempt import Claim
from queuectl_worker import environment, tree
from queuectl_worker.launched import launched

MOST_BYTES = 1 << 16
"""To be received at once: a larger buffer costs the kernel's time, each time."""


class SpawnerDied(Exception):
    """The spawner is gone; what it had started has been killed."""


class Spawning:
    """Starts the spawner, and commands through it. `key` names a command that runs.

    There is one in the life of a registration: `lock` is free when it has ended. `kill_grace` and `command_uids`: see
    WorkerSettings. Raises OSError.
    """

    def __init__(self, worker: str, lock: int, kill_grace: float, command_uids: int | None) -> None:
        as_others = command_uids is not None
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # Isolated: commands can write to the working directory, and to their HOME, which this process shares.
                [sys.executable, "-I" if as_others else "-P", "-m", "queuectl_worker.spawner"]
                + [str(theirs.fileno()), str(lock), repr(kill_grace)]
                + ([str(command_uids), environment.mark(worker).decode()] if as_others else []),
                env=environment.of(worker, as_others=as_others),
                cwd="/" if as_others else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), lock],
            )
        self._unread = b""

    def fileno(self) -> int:
        """Readable when there is something to receive."""
        return self._socket.fileno()

    def start(self, claims: Sequence[tuple[str, Claim, Mapping[str, Any], str]]) -> None:
        """Start commands: a key, what to run, how it is contained, and where its log is."""
        self._send(_line(do="start", commands=[_command(*claim) for claim in claims]))

    def signal(self, key: str, number: signal.Signals) -> None:
        """Signal a command's whole tree; nothing happens where it has ended already."""
        self._send(_line(do="signal", key=key, signal=number))

    def lease_until(self, boot_seconds: float) -> None:
        """At that moment of CLOCK_BOOTTIME the spawner kills everything and ends, unless it is told of a later one."""
        self._send(_line(do="lease", until=boot_seconds))

    def receive(self) -> list[dict[str, Any]]:
        """What the spawner has said: see its module. Raises SpawnerDied."""
        try:
            data = self._socket.recv(MOST_BYTES)
        except ConnectionResetError:
            data = b""
        if not data:
            self._clean_up()
            raise SpawnerDied
        *lines, self._unread = (self._unread + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """End the spawner, and with it all that it had started; returns when it has ended, or will not for long."""
        ended = self._ends()
        self._socket.close()
        if ended:
            self._process.wait()

    def _ends(self) -> bool:
        try:
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(tree.DYING_SECONDS)
            while self._socket.recv(MOST_BYTES):
                pass
        except TimeoutError:
            return False
        except OSError:  # it had ended before
            return True
        return True

    def _clean_up(self) -> None:
        """Its commands have fallen to this process, which is a subreaper as well."""
        self._socket.close()
        self._process.wait()
        while orphans := tree.children():
            tree.send(signal.SIGKILL, orphans)
            for pid in orphans:
                os.waitpid(pid, 0)

    def _send(self, data: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it died; `receive` says so
            self._socket.sendall(data)


def _command(key: str, claim: Claim, contained: Mapping[str, Any], log: str) -> dict[str, Any]:
    return {
        "key": key,
        "command": launched(claim.command),
        "cwd": claim.cwd,
        "env": environment.own(claim),
        "log": log,
        "most": claim.log_max_bytes,
        "leftover_grace": claim.leftover_grace,
        **contained,
    }


def _line(**message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"
