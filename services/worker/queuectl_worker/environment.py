"""The environment of commands: what a shell needs, what the job says, and nothing of the queue's own."""

import os
import pwd
from contextlib import suppress
from tempfile import gettempdir

from queuectl_core.attempt import Claim

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")


WHO_THE_WORKER_IS = ("USER", "LOGNAME", "HOME")


def of(worker: str, *, as_others: bool) -> dict[str, str]:
    """What the spawner of that worker gets, and every command of it; `as_others`: they run as users of their own."""
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("LC_")}
    if as_others:
        inherited = {name: value for name, value in inherited.items() if name not in WHO_THE_WORKER_IS}
        inherited["HOME"] = gettempdir()
    elif "HOME" not in inherited:  # services are often started without
        with suppress(KeyError):
            inherited["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
    return inherited | {"QUEUECTL_WORKER": worker}


def mark(worker: str) -> bytes:
    """What is in the environment of the spawner of that worker, and of everything that it has started."""
    return f"QUEUECTL_WORKER={worker}".encode()


def own(claim: Claim) -> dict[str, str]:
    """What the command of this attempt gets besides."""
    return claim.env | {
        "QUEUECTL_JOB_ID": claim.job_id,
        "QUEUECTL_ATTEMPT": str(claim.lease.attempt),
        "QUEUECTL_QUEUE": claim.queue,
    }
