"""The sandbox: bubblewrap creates namespaces in which a command can read the system, but cannot change or reach it."""

import os
import pwd
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from queuectl_worker import programs
from queuectl_worker.users import pass_on_no_capability

PROCESSES = 2
"""How many bubblewrap adds to a command: one that waits outside, and the first one inside."""

ISOLATED = (
    # No network, no other processes, no shared memory. Root inside has none of root's powers.
    ("--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent"),
    # Root may write to /proc/sys even without them.
    ("--ro-bind", "/", "/", "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"),
)
EMPTY = ("/tmp", "/var/tmp", "/run")  # noqa: S108  # /run holds the sockets of the host's services
PROBE_SECONDS = 10


class Sandbox:
    """Of one worker; `secret`: directories that no command may see."""

    def __init__(self, secret: Sequence[Path]) -> None:
        config = os.environ.get("XDG_CONFIG_HOME", "")
        homes = [os.environ.get("HOME", ""), _home()]
        self._hidden = [*EMPTY, *homes, *map(str, secret), config and f"{config}/queuectl"]
        self._works = False

    def unavailable_reason(self) -> str | None:
        """Why no sandbox can be created here, and what to do; None if it can. Probes until it has worked once."""
        if not self._works:
            fault = self._probe()
            if fault:
                return fault
            self._works = True
        return None

    def _probe(self) -> str | None:
        host = socket.gethostname()
        if programs.find("bwrap") is None:
            return (
                f"bubblewrap (bwrap) is not installed on {host}: install it; in a container it usually cannot work, so"
                " let a worker on a host take this queue"
            )
        try:
            probe = subprocess.run(
                [*self.wrapper(), "/bin/true"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PROBE_SECONDS,
                preexec_fn=pass_on_no_capability,  # bubblewrap refuses to run with any
            )
        except (OSError, subprocess.SubprocessError) as fault:
            return f"bubblewrap (bwrap) does not run on {host}: {fault}"
        if probe.returncode == 0:
            return None
        said = (probe.stderr.strip() or f"exit status {probe.returncode}").splitlines()[0][:200]
        return (
            f"bubblewrap cannot create namespaces on {host} ({said}): allow unprivileged user namespaces there, which"
            " most containers forbid, or let a worker on another host take this queue"
        )

    def wrapper(self) -> list[str]:
        """The argv that is prepended to a command's."""
        program = programs.find("bwrap") or "/usr/bin/bwrap"
        empty = [argument for path in self._empty() for argument in ("--tmpfs", path)]
        return [program, *(argument for arguments in ISOLATED for argument in arguments), *empty]

    def hides(self, path: str) -> bool:
        """Whether it is inside a directory that is empty in the sandbox."""
        return not set(self._empty()).isdisjoint(map(str, Path(os.path.realpath(path)).parents))

    def _empty(self) -> list[str]:
        """Without directories inside others; real paths, since links may lead into what is hidden."""
        found: list[str] = []
        for path in sorted({os.path.realpath(path) for path in self._hidden if path}):
            if path != "/" and Path(path).is_dir() and not any(Path(path).is_relative_to(other) for other in found):
                found.append(path)
        return found


def _home() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
