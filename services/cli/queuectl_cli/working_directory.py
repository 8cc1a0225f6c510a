"""The user's current directory. Workers on the same machine can start commands in it."""

import os
from pathlib import Path

from queuectl_cli.client import Client
from queuectl_cli.credentials import is_local_up
from queuectl_cli.failure import USAGE, Failure


def current() -> str:
    """The current directory under the name that the shell shows. Raises Failure if it is gone or not valid UTF-8."""
    shown = os.environ.get("PWD", "")
    try:
        path = shown if _is_current(shown) else str(Path.cwd())
        path.encode()
    except OSError as fault:
        raise Failure("the current directory no longer exists: change to another one, or set --cwd", USAGE) from fault
    except UnicodeEncodeError as fault:
        raise Failure("the name of the current directory is not valid UTF-8: set --cwd", USAGE) from fault
    return path


def _is_current(path: str) -> bool:
    """Whether $PWD meets POSIX's conditions: an absolute path of this directory without `.` and `..`."""
    if not path.startswith("/") or not {".", ".."}.isdisjoint(path.split("/")):
        return False
    try:
        return Path(path).samefile(".")
    except OSError:
        return False


def absolute(path: str, api: Client) -> str:
    """The path from --cwd. With `queuectl up` on this machine, it may be relative to the current directory."""
    if not path or path.startswith("/") or not is_local_up(api.credentials.url):
        return path
    return str(Path(current()) / path)
