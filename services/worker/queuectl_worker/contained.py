"""Starting a command that is contained: by rlimits, by bubblewrap in front of it, and by a user of its own.

Nothing that comes with the job counts before it is contained: what is in its environment may make any program do
anything (LD_PRELOAD). So rlimits are set by this process itself, between fork and exec, and bubblewrap is told of the
job's variables through a descriptor, which keeps them out of the list of processes as well.
"""

import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence

from queuectl_worker import oom


def start(
    script: Sequence[str],
    own: Mapping[str, str],
    printing: int,
    rlimits: Sequence[tuple[int, int, int]],
    front: Sequence[str],
    defaulted: Sequence[signal.Signals],
    user: int | None = None,
    group: int | None = None,
) -> int:
    """Start `sh -c SCRIPT` in a session of its own and return its number; raises OSError, ValueError.

    `own`: its variables besides this process'; `printing`: what it prints into; `rlimits`: which, soft, hard; `front`:
    the sandbox, or nothing;
    `defaulted`: signals that are as they were before this process changed them; `user`, `group`: None, as this process.
    """

    def contain() -> None:
        oom.kill_me_first()
        for number in defaulted:
            signal.signal(number, signal.SIG_DFL)
        for which, soft, hard in rlimits:
            resource.setrlimit(which, (soft, hard))

    shell = ["-c", "--", *script]
    variables = _arguments(own)
    try:
        process = subprocess.Popen(
            [*front, "--args", str(variables), "/bin/sh", *shell] if front else ["sh", *shell],
            executable=None if front else "/bin/sh",
            env=os.environ if front else os.environ | own,
            stdin=subprocess.DEVNULL,
            stdout=printing,
            stderr=printing,
            pass_fds=[variables] if front else [],
            start_new_session=True,
            preexec_fn=contain,
            user=user,
            group=group,
        )
    except subprocess.SubprocessError as fault:
        raise OSError(0, "its limits cannot be set") from fault
    finally:
        os.close(variables)
    process.returncode = 0  # its end is for the caller to see
    return process.pid


def _arguments(own: Mapping[str, str]) -> int:
    """A file that sets variables, as bubblewrap reads it."""
    file = os.memfd_create("variables")
    with os.fdopen(os.dup(file), "wb") as writing:
        writing.writelines(f"--setenv\0{name}\0{value}\0".encode() for name, value in own.items())
    os.lseek(file, 0, os.SEEK_SET)
    return file
