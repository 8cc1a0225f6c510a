"""Signal handlers of commands that run until they are stopped."""

import signal
from collections.abc import Callable


def handle(handler: Callable[[int, object], None], *numbers: signal.Signals) -> None:
    """Call `handler` on these signals, except those that this process inherited as ignored.

    nohup makes its command ignore SIGHUP, and shells make background jobs ignore SIGINT: a handler would undo that.
    """
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
