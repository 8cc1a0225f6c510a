"""Doing the same to several jobs: one that is refused does not hold up the others."""

from collections.abc import Callable, Iterable

from queuectl_cli.failure import REFUSED, Failure
from queuectl_cli.output import note


def each(ids: Iterable[str], act: Callable[[str], None]) -> None:
    """Call `act` with each id; what was refused is reported, and is the exit status in the end."""
    refused = 0
    for job_id in ids:
        try:
            act(job_id)
        except Failure as failure:
            if failure.status != REFUSED:
                raise
            note(f"queuectl: {failure}")
            refused += 1
    if refused:
        raise SystemExit(REFUSED)
