"""A user with an empty home directory and no settings."""

import subprocess
from pathlib import Path

from tests.running import BIN, clean_environment
from tests.system import Answered


class User:
    """`settings`: QUEUECTL_… variables of the user's shell."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        elsewhere = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), "")
        self.environment = clean_environment(**{"token": ""} | settings) | elsewhere | {"HOME": str(home)}

    @property
    def login_file(self) -> Path:
        """The file in which `queuectl login` saves tokens."""
        return self.home / ".config/queuectl/login.json"

    def queuectl(self, *words: str, given: str = "", at: Path | None = None, **settings: str) -> Answered:
        """Run queuectl with `given` as standard input and more settings. `at`: the shell's current directory."""
        place = {"PWD": str(at)} if at else {}
        done = subprocess.run(
            [BIN / "queuectl", *words],
            input=given,
            cwd=at,
            env=self.environment | place | {f"QUEUECTL_{name.upper()}": value for name, value in settings.items()},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Answered(done.returncode, done.stdout, done.stderr)
