"""The caller's current directory, in which workers of the same machine can start a command."""

import os
from pathlib import Path

from queuectl_cli.client import Client
from queuectl_cli.credentials import is_of_up
from queuectl_cli.failure import USAGE, Failure


def current() -> str:
    """The current directory, by the name that the shell shows; raises Failure where it has none that can be sent."""
    shown = os.environ.get("PWD", "")
    try:
        path = shown if _is_current(shown) else str(Path.cwd())
        path.encode()
    except OSError as fault:
        raise Failure("the current directory no longer exists: change to another one, or give --cwd", USAGE) from fault
    except UnicodeEncodeError as fault:
        raise Failure("the name of the current directory is not valid UTF-8: give --cwd", USAGE) from fault
    return path


def _is_current(path: str) -> bool:
    """Whether it is an absolute path to where this process is, without detours: what POSIX asks of $PWD."""
    if not path.startswith("/") or not {".", ".."}.isdisjoint(path.split("/")):
        return False
    try:
        return Path(path).samefile(".")
    except OSError:
        return False


def absolute(path: str, api: Client) -> str:
    """A path as given by --cwd; a relative one begins in the current directory, where the API is on this machine."""
    if not path or path.startswith("/") or not is_of_up(api.credentials.url):
        return path
    return str(Path(current()) / path)
