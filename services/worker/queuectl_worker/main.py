"""`queuectl-worker`: runs one worker until it is told to stop.

It imports little, as this process becomes the guard; the worker is its child.
"""

import sys

from queuectl_worker import name
from queuectl_worker.guard import run_guarded
from queuectl_worker.guard_link import GuardLink


def main() -> None:
    """Exit 0 after a drain; 1, with one line on stderr, if the settings or the database are unusable."""
    if name.own() is None:
        if sys.argv[1:]:
            sys.exit("queuectl-worker: takes no arguments: set environment variables such as QUEUECTL_CONCURRENCY")
        name.take()
    run_guarded(_work)


def _work(guard: GuardLink) -> int:
    from queuectl_worker.service import serve  # only in the worker

    return serve(guard)
