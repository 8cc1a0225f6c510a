"""The README's tour, line by line, as a newcomer would paste it."""

import os
import re
import subprocess
from pathlib import Path

from tests.running import BIN, ROOT
from tests.signed_in import TOKEN
from tests.system import System

README = (ROOT / "README.md").read_text()
LINES = [line for block in re.findall(r"```sh tour\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


def paste_all(system: System, home: Path) -> None:
    """Fails at the first line that does, or that says nothing."""
    assert LINES
    shell = {"PATH": os.environ["PATH"], "HOME": str(home), "PWD": str(ROOT)}
    # As `make up` does: nothing else in this environment refers to the system or a token.
    login = [str(BIN / "queuectl"), "login", system.url]
    subprocess.run(login, input=TOKEN, env=shell, check=True, capture_output=True, text=True)
    try:
        for line in LINES:
            _paste(line, system, shell)
    finally:
        system.queuectl("config", "unset", "max-retries")


def _paste(line: str, system: System, shell: dict[str, str]) -> None:
    if line.startswith("export PATH"):
        assert line == 'export PATH="$PWD/.venv/bin:$PATH"'
        shell["PATH"] = f"{BIN}:{shell['PATH']}"
        return
    here = line.replace("localhost:8000", system.url.removeprefix("http://"))
    done = subprocess.run(["bash", "-o", "pipefail", "-c", here], env=shell, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert done.stdout or "wait" in line or done.stderr, f"{line} says nothing"
