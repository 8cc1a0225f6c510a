"""The sandbox: bubblewrap makes namespaces in which a command sees the system, but can change and reach none of it."""

import os
import pwd
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from queuectl_worker import programs
from queuectl_worker.users import pass_on_no_capability

PROCESSES = 2
"""That bubblewrap adds to a command: one that waits outside, and the first one inside."""

ISOLATED = (
    # No network, no other process, no shared memory. Root in there has none of root's powers.
    ("--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent"),
    # Root may write to /proc/sys even without them.
    ("--ro-bind", "/", "/", "--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"),
)
EMPTY = ("/tmp", "/var/tmp", "/run")  # noqa: S108  # sockets of this machine's services are in /run
PROBE_SECONDS = 10


class Sandbox:
    """Of one worker; `secret`: directories that no command may see."""

    def __init__(self, secret: Sequence[Path]) -> None:
        config = os.environ.get("XDG_CONFIG_HOME", "")
        homes = [os.environ.get("HOME", ""), _home()]
        self._hidden = [*EMPTY, *homes, *map(str, secret), config and f"{config}/queuectl"]
        self._works = False

    def hindrance(self) -> str | None:
        """Why there can be none here, and what to do; tried until it works, then no more."""
        if not self._works:
            fault = self._tried()
            if fault:
                return fault
            self._works = True
        return None

    def _tried(self) -> str | None:
        host = socket.gethostname()
        if programs.find("bwrap") is None:
            return (
                f"bubblewrap (bwrap) is not installed on {host}: install it there; in a container it mostly cannot"
                " work, so let a worker on a host take this queue"
            )
        try:
            probe = subprocess.run(
                [*self.front(), "/bin/true"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PROBE_SECONDS,
                preexec_fn=pass_on_no_capability,  # bubblewrap wants none
            )
        except (OSError, subprocess.SubprocessError) as fault:
            return f"bubblewrap (bwrap) does not run on {host}: {fault}"
        if probe.returncode == 0:
            return None
        said = (probe.stderr.strip() or f"exit status {probe.returncode}").splitlines()[0][:200]
        return (
            f"none can be made on {host} ({said}): unprivileged user namespaces must be allowed there, as they are not"
            " in most containers; let a worker on another host take this queue"
        )

    def front(self) -> list[str]:
        """What stands in front of a command."""
        program = programs.find("bwrap") or "/usr/bin/bwrap"
        empty = [word for path in self._empty() for word in ("--tmpfs", path)]
        return [program, *(word for words in ISOLATED for word in words), *empty]

    def hides(self, path: str) -> bool:
        """Whether it is inside of a directory that is empty in there."""
        return not set(self._empty()).isdisjoint(map(str, Path(os.path.realpath(path)).parents))

    def _empty(self) -> list[str]:
        """Without those that are inside of others; real paths, as links may lead into what is hidden."""
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
