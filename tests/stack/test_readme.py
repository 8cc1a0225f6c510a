"""The README's tour: every line, in the order in which a newcomer pastes them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.running import BIN, ROOT, clean_environment
from tests.signed_in import TOKEN
from tests.stack.stacks import Stack

TOUR = re.search(r"```sh tour\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_every_line_of_the_tour_works(stack: Stack, tmp_path: Path) -> None:
    assert TOUR is not None
    address = stack.system.url.removeprefix("http://")
    shell = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PWD": str(ROOT)}
    # What `make up` does; it alone says where the system is, and who pastes the lines.
    subprocess.run(
        [BIN / "queuectl", "login", stack.system.url],
        input=TOKEN,
        env=shell,
        check=True,
        capture_output=True,
        text=True,
    )
    for line in TOUR[1].splitlines():
        if line.startswith("export PATH"):
            assert line == 'export PATH="$PWD/.venv/bin:$PATH"'
            shell["PATH"] = f"{BIN}:{shell['PATH']}"
            continue
        here = line.replace("localhost:8000", address)
        done = subprocess.run(["bash", "-o", "pipefail", "-c", here], env=shell, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        assert done.stdout or "wait" in line or done.stderr, f"{line} says nothing"
    subprocess.run([BIN / "queuectl", "config", "set", "max-retries", "3"], env=clean_environment(url=stack.system.url))


@pytest.mark.parametrize(
    "name", ["docs/reliability.md", "docs/architecture.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"]
)
def test_what_the_readme_points_to_is_there(name: str) -> None:
    assert f"({name})" in (ROOT / "README.md").read_text()
    assert (ROOT / name).is_file()
