"""Signals that end a command which runs until it is told to stop."""

import signal
from collections.abc import Callable


def handle(handler: Callable[[int, object], None], *numbers: signal.Signals) -> None:
    """Call `handler` on these signals, except those that this process was started to ignore.

    nohup ignores SIGHUP for what it starts, and a script SIGINT for its background jobs: a handler would undo that.
    """
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
