"""`queuectl down`: stop the system that `queuectl up` started."""

import os
import signal
import time

from queuectl_cli import local_system
from queuectl_cli.output import note


def down() -> None:
    """Stop the system that 'queuectl up' runs on this machine.

    Returns when all its processes have ended.
    """
    pid = local_system.running_up()
    if pid is None:
        note("the system is not running")
        return
    os.kill(pid, signal.SIGTERM)
    while local_system.running_up() == pid:
        time.sleep(0.05)
    note("the system has stopped")
