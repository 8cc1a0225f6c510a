"""Log lines of `queuectl up`: plain text on a terminal, otherwise the format of the services' logs."""

import json
import os
import sys
from datetime import UTC, datetime

from queuectl_cli.output import note

LOGGER = "queuectl.up"


def log(level: str, text: str) -> None:
    """Log a line on stderr. The format is that of the core's log_lines.py."""
    if sys.stderr.isatty():
        note(text)
        return
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if os.environ.get("QUEUECTL_LOG_FORMAT") == "json":
        line = {"time": time, "level": level, "logger": LOGGER, "pid": os.getpid(), "message": text}
        note(json.dumps(line))
    else:
        note(f"{time} {level.upper()} {LOGGER}[{os.getpid()}]: {text}")
