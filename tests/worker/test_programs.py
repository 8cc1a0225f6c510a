"""Programs and modules are never taken from directories that other users can write to."""

import os
from pathlib import Path

import pytest

from queuectl_worker.programs import find, others_can_write
from tests.lacking import lacking

NOBODY = 65_534


def program(directory: Path, mode: int = 0o755) -> Path:
    directory.mkdir(parents=True)
    path = directory / "bwrap"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    directory.chmod(mode)
    return path


def test_a_program_is_taken_from_the_first_directory_that_only_its_owner_can_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "relative")
    planted = program(tmp_path / "for all", 0o777)
    found = program(tmp_path / "own")
    monkeypatch.setenv("PATH", f"relative:.::{planted.parent}:{found.parent}")
    assert find("bwrap") == str(found)
    monkeypatch.setenv("PATH", f"relative:{planted.parent}")
    assert find("bwrap") is None


@pytest.mark.parametrize(("mode", "open_to_others"), [(0o755, False), (0o775, False), (0o777, True), (0o1777, True)])
def test_a_directory_is_open_to_others_by_its_mode(tmp_path: Path, mode: int, open_to_others: bool) -> None:
    directory = program(tmp_path / "bin", mode).parent
    assert others_can_write(directory) is open_to_others
    assert others_can_write(directory / "missing" / "python3.zip") is open_to_others


@pytest.mark.parametrize(("mode", "open_to_others"), [(0o777, True), (0o1777, False)])
def test_a_directory_whose_parent_others_can_write_to_is_open_to_them(
    tmp_path: Path, mode: int, open_to_others: bool
) -> None:
    directory = program(tmp_path / "parent" / "bin").parent
    directory.parent.chmod(mode)
    assert others_can_write(directory) is open_to_others


def test_a_directory_of_another_user_is_open_to_others(tmp_path: Path) -> None:
    if os.getuid() != 0:
        lacking("only root can give a directory away")
    directory = program(tmp_path / "bin").parent
    os.chown(directory, NOBODY, NOBODY)
    assert others_can_write(directory)
