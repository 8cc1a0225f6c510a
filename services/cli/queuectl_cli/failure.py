"""The exception that ends a command: a message for people, and an exit status for scripts."""

REFUSED = 1
USAGE = 2
UNREACHABLE = 3
NOT_ALLOWED = 4
ID_NOT_PRINTED = 5
"""Enqueued, but the id, or the output of `run`, could not be printed."""

INTERRUPTED = 130


class Failure(Exception):
    """Printed as one line on stderr; the program then exits with `status`."""

    def __init__(self, message: str, status: int = REFUSED) -> None:
        super().__init__(message)
        self.status = status
