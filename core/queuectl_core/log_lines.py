"""Logging of all services: one line per event on stderr, as text or as JSON (`QUEUECTL_LOG_FORMAT`).

Control characters are escaped, so input from clients can neither forge log lines nor control a terminal. Tokens,
session secrets and codes of sign-in links are masked wherever they occur.
"""

import json
import logging
import os
import re
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import NoReturn

log = logging.getLogger("queuectl")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the current request; empty outside of requests."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ENV_TOKEN = re.escape(os.environ.get("QUEUECTL_TOKEN", ""))
_SECRET = re.compile(r"(?<![\w-])(queuectl_)?[\w-]{43}(?![\w-])" + (f"|{_ENV_TOKEN}" if _ENV_TOKEN else ""))
"""The token from the environment, and all secrets that token.py generates."""


class TextLines(logging.Formatter):
    """`TIME LEVEL LOGGER[PID]: text (request ID)`, followed by the indented lines of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        head = f"{_time(record)} {record.levelname} {_logger(record)}[{record.process}]:"
        request = f" (request {named})" if (named := request_id.get()) else ""
        below = self.formatException(record.exc_info).split("\n") if record.exc_info else []
        return "\n".join(
            [f"{head} {_escaped(record.getMessage())}{request}", *(f"    {_escaped(line)}" for line in below)]
        )


class JsonLines(logging.Formatter):
    """One object per line: `time level logger pid message`, and `request_id` and `traceback` if present.

    A record may add further fields: `extra={"fields": {…}}`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": _logger(record),
            "pid": record.process,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        line = {name: _without_secrets(value) if isinstance(value, str) else value for name, value in line.items()}
        if named := request_id.get():
            line["request_id"] = named
        return json.dumps(line)


def _time(record: logging.LogRecord) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _logger(record: logging.LogRecord) -> str:
    """Drop the misleading suffix of `gunicorn.error` and `uvicorn.error`, which log at all levels."""
    return record.name.removesuffix(".error")


def _escaped(text: str) -> str:
    """The text with control characters escaped as in Python, and without secrets."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], _without_secrets(text))


def _without_secrets(text: str) -> str:
    return _SECRET.sub("***", text)


def holds_secret(text: str) -> bool:
    """Whether the text contains something that must not be logged."""
    return _SECRET.search(text) is not None


def is_json() -> bool:
    """Whether to log JSON. Reads the environment directly, because errors in the settings are logged as well."""
    return os.environ.get("QUEUECTL_LOG_FORMAT") == "json"


def formatter() -> logging.Formatter:
    """The formatter for all handlers."""
    return JsonLines() if is_json() else TextLines()


def begin(level: str) -> None:
    """Send all log records and uncaught exceptions to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every step of a migration
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda *found: log.critical("terminated by an unexpected error", exc_info=found)
    threading.excepthook = lambda found: log.critical(
        "a thread was terminated by an unexpected error", exc_info=found.exc_value
    )


def end(program: str, reason: object) -> NoReturn:
    """Exit with status 1 and the reason, as plain text or JSON."""
    if not is_json():
        sys.exit(f"{program}: {reason}")
    begin("info")
    logging.getLogger(program.replace("-", ".")).critical("%s", reason)
    sys.exit(1)
