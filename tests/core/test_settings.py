"""Settings from the environment."""

from pathlib import Path

import pytest

from queuectl_core.settings import Settings


def test_a_relative_database_is_one_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(database_url="sqlite:///queue.db").database_path == tmp_path / "queue.db"
