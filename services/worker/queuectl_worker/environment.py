"""The environment of commands: what a shell needs, what the job says, and nothing of the queue's own."""

import os

from queuectl_core.attempt import Claim

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")


def inherited() -> dict[str, str]:
    """What every command gets from the worker's environment."""
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("LC_")}


def own(claim: Claim) -> dict[str, str]:
    """What the command of this attempt gets besides."""
    return claim.env | {
        "QUEUECTL_JOB_ID": claim.job_id,
        "QUEUECTL_ATTEMPT": str(claim.lease.attempt),
        "QUEUECTL_QUEUE": claim.queue,
    }
