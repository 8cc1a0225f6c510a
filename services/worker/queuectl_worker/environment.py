"""The environment of commands: what a shell needs and what the job sets, without the settings of the queue."""

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from queuectl_core.model.attempt import Claim
from queuectl_worker import name

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")
WHO_THE_WORKER_IS = ("USER", "LOGNAME", "HOME")


def of(worker: str, *, as_others: bool) -> dict[str, str]:
    """What all commands of that worker get; `as_others`: they run as users of their own."""
    inherited = {key: value for key, value in os.environ.items() if key in INHERITED or key.startswith("LC_")}
    if as_others:
        inherited = {key: value for key, value in inherited.items() if key not in WHO_THE_WORKER_IS}
        inherited["HOME"] = directory_for_temporary_files(inherited)
    elif "HOME" not in inherited:  # services are often started without
        with suppress(KeyError):
            inherited["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
    return inherited | {name.VARIABLE: worker}


def directory_for_temporary_files(variables: Mapping[str, str]) -> str:
    """Where programs look for it."""
    return variables.get("TMPDIR", "/tmp")  # noqa: S108


def own(claim: Claim) -> dict[str, str]:
    """What the command of this attempt gets in addition."""
    variables = claim.env | {
        "QUEUECTL_JOB_ID": claim.job_id,
        "QUEUECTL_ATTEMPT": str(claim.lease.attempt),
        "QUEUECTL_QUEUE": claim.queue,
    }
    if claim.scheduled_at is not None:
        moment = datetime.fromtimestamp(claim.scheduled_at, UTC)
        variables["QUEUECTL_SCHEDULED_AT"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return variables
