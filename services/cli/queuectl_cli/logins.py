"""What `queuectl login` has saved: a token for each system, and which of them was signed in to last."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from queuectl_cli import private_file
from queuectl_cli.failure import Failure


@dataclass(frozen=True)
class Login:
    """`name`: that of the token."""

    url: str
    name: str
    token: str = field(repr=False)


def read() -> list[Login]:
    """All that are saved, the latest first."""
    text = private_file.read(_file())
    if text is None:
        return []
    try:
        return [Login(**login) for login in json.loads(text)]
    except (ValueError, TypeError) as fault:
        raise Failure(f"{_file()} is damaged: remove it, and sign in again") from fault


def write(logins: Sequence[Login]) -> None:
    """Save these instead of all that there were."""
    try:
        private_file.write(_file(), json.dumps([asdict(login) for login in logins], indent=2) + "\n")
    except OSError as fault:
        raise Failure(f"{_file()}: {fault.strerror}") from fault


def _file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "queuectl/login.json"
