"""Modules that somebody has left where our programs are started: none of them is imported."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.import_paths import is_ours, words, writable
from tests.lacking import lacking
from tests.running import BIN, clean_environment, free_port

NOBODY = 65_534
OURS = ("queuectl_cli", "queuectl_api", "queuectl_worker", "queuectl_core")
OTHERS = (
    "fastapi",
    "gunicorn",
    "pydantic",
    "starlette",
    "typer",
    "uvicorn",
    "uvloop",
    "sitecustomize",
    "usercustomize",
)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A directory in which each module that our programs import is one that leaves a trace, for all to write to."""
    directory = tmp_path / "planted"
    directory.mkdir()
    for name in {*sys.stdlib_module_names, *OURS, *OTHERS}:
        (directory / name).mkdir()
        (directory / name / "__init__.py").write_text(f"open({str(traces(directory))!r}, 'a').write({name!r} + '\\n')")
    directory.chmod(0o777)
    return directory


def traces(planted: Path) -> Path:
    return planted.parent / "traces"


def start(planted: Path, *words: object) -> None:
    """Run a program of the queue in that directory, which is its HOME as well."""
    done = subprocess.run(
        [str(word) for word in words], cwd=planted, env=environment(planted), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def environment(planted: Path) -> dict[str, str]:
    return clean_environment(data_dir=planted.parent / "data", bind=f"127.0.0.1:{free_port()}", api_processes=1) | {
        "HOME": str(planted)
    }


@pytest.fixture
def up(planted: Path) -> Iterator[Path]:
    """The whole system, started in that directory; yields its data directory."""
    start(planted, BIN / "queuectl", "up", "--detach")
    yield planted.parent / "data"
    start(planted, BIN / "queuectl", "down")


def test_no_program_imports_what_lies_in_the_directory_that_it_is_started_in(planted: Path, up: Path) -> None:
    start(planted, BIN / "queuectl", "run", "--", "true")
    start(planted, sys.executable, "-I", "-m", "queuectl_worker.health")
    assert not traces(planted).exists(), traces(planted).read_text()


def test_the_trap_would_catch_a_program_that_does(planted: Path) -> None:
    with pytest.raises(AssertionError):
        start(planted, sys.executable, "-m", "queuectl_worker.health")
    assert traces(planted).exists()


def test_no_process_has_a_directory_on_its_import_path_that_others_can_write_to(planted: Path, up: Path) -> None:
    if os.getuid() != 0:
        lacking("only root can try it as another user")
    found = [pid for pid in map(int, processes()) if is_ours(pid) and started(pid, up)]
    for program in ("queuectl_cli.main", "queuectl-api", "queuectl-worker"):
        assert any(program in word for pid in found for word in words(pid)), program
    assert {pid: writable(pid, NOBODY) for pid in found} == {pid: [] for pid in found}


def processes() -> list[str]:
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def started(pid: int, up: Path) -> bool:
    """Whether it belongs to that system, as its environment says."""
    return str(up) in environ(pid)


def environ(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    except OSError:
        return ""
