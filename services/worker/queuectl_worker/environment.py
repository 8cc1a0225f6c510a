"""The environment of commands: what a shell needs, what the job says, and nothing of the queue's own."""

import os

from queuectl_core.attempt import Claim

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")


def inherited() -> dict[str, str]:
    """What every command gets from the worker's environment."""
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("LC_")}


def mark(worker: str) -> bytes:
    """What is in the environment of every command that `worker` has started."""
    return f"QUEUECTL_WORKER={worker}".encode()


def own(claim: Claim) -> dict[str, str]:
    """What the command of this attempt gets besides."""
    return claim.env | {
        "QUEUECTL_JOB_ID": claim.job_id,
        "QUEUECTL_ATTEMPT": str(claim.lease.attempt),
        "QUEUECTL_QUEUE": claim.queue,
        "QUEUECTL_WORKER": claim.lease.worker,
    }
