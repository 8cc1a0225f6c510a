"""`queuectl down`: end what `queuectl up` began."""

import os
import signal
import time

from queuectl_cli import local
from queuectl_cli.output import note


def down() -> None:
    """End the system that 'queuectl up' runs on this machine; returns when all commands have ended."""
    pid = local.running_up()
    if pid is None:
        note("it does not run")
        return
    os.kill(pid, signal.SIGTERM)
    while local.running_up() == pid:
        time.sleep(0.05)
    note("it has stopped")
