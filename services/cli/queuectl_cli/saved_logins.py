"""The logins saved by `queuectl login`: a token for each system, the latest first."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from queuectl_cli import private_file
from queuectl_cli.failure import Failure


@dataclass(frozen=True)
class Login:
    """`name`: the token's name."""

    url: str
    name: str
    token: str = field(repr=False)


def read() -> list[Login]:
    """All saved logins, the latest first. Raises Failure if the file is damaged."""
    text = private_file.read(_file())
    if text is None:
        return []
    try:
        return [Login(**login) for login in json.loads(text)]
    except (ValueError, TypeError) as fault:
        raise Failure(f"{_file()} is damaged: remove it and sign in again") from fault


def write(logins: Sequence[Login]) -> None:
    """Replace the saved logins."""
    try:
        private_file.write(_file(), json.dumps([asdict(login) for login in logins], indent=2) + "\n")
    except OSError as fault:
        raise Failure(f"{_file()}: {fault.strerror}") from fault


def _file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "queuectl/login.json"
