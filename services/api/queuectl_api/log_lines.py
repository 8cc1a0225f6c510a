"""Lines of the log in which nothing that a client sent can look like a line, or steer a terminal."""

import logging
import re
from types import TracebackType

FORMAT = "%(asctime)s [%(process)d] [%(levelname)s] %(message)s"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Formatter):
    """Shows control characters as they are written in Python; the lines of a traceback are set in."""

    def __init__(self) -> None:
        super().__init__(FORMAT, "[%Y-%m-%d %H:%M:%S %z]")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as it is called in logging
        """The line of a record."""
        return _escaped(super().formatMessage(record))

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The traceback below it."""
        return "\n".join(f"    {_escaped(line)}" for line in super().formatException(ei).split("\n"))


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
