"""Start a command by fork and exec, for what posix_spawn cannot set: rlimits, a sandbox, a user with any environment.

Nothing that comes with the job takes effect before the command is isolated: variables such as LD_PRELOAD may make any
program do anything. So this process sets the rlimits itself, between fork and exec, and passes the job's variables to
bubblewrap through a descriptor, which also keeps them out of the process list.
"""

import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence

from queuectl_worker import oom_score
from queuectl_worker.isolation import Isolation


def start(
    script: Sequence[str],
    base: Mapping[str, str],
    own: Mapping[str, str],
    stdout: int,
    isolation: Isolation,
    defaulted: Sequence[signal.Signals],
    user: int | None = None,
    group: int | None = None,
) -> int:
    """Start `sh -c SCRIPT` in a session of its own and return its pid; raises OSError, ValueError.

    `script`: the script and its arguments. `base` and `own`: its variables; only `own` come with the job. `stdout`: for
    stderr too. `defaulted`: signals to reset to their defaults. `user`, `group`: None for those of this process.
    """
    rlimits, wrapper = isolation.rlimits, isolation.wrapper

    def isolate() -> None:
        oom_score.raise_own()
        for number in defaulted:
            signal.signal(number, signal.SIG_DFL)
        for which, soft, hard in rlimits:
            resource.setrlimit(which, (soft, hard))

    shell = ["-c", "--", *script]
    variables = _as_arguments(own)
    try:
        process = subprocess.Popen(
            [*wrapper, "--args", str(variables), "/bin/sh", *shell] if wrapper else ["sh", *shell],
            executable=None if wrapper else "/bin/sh",
            env=base if wrapper else {**base, **own},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stdout,
            pass_fds=[variables] if wrapper else [],
            start_new_session=True,
            preexec_fn=isolate,
            user=user,
            group=group,
        )
    except subprocess.SubprocessError as fault:
        raise OSError(0, "its limits cannot be set") from fault
    finally:
        os.close(variables)
    process.returncode = 0  # the caller waits for it
    return process.pid


def _as_arguments(variables: Mapping[str, str]) -> int:
    """A file that sets variables, in the form that bubblewrap reads."""
    file = os.memfd_create("variables")
    with os.fdopen(os.dup(file), "wb") as writing:
        writing.writelines(f"--setenv\0{name}\0{value}\0".encode() for name, value in variables.items())
    os.lseek(file, 0, os.SEEK_SET)
    return file
