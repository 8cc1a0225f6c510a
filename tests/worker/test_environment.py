"""What all commands of a worker find in their environment."""

import os
import pwd

import pytest

from queuectl_worker import environment


def test_without_a_home_of_its_own_the_worker_gives_commands_that_of_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    assert environment.of("w", as_others=False)["HOME"] == pwd.getpwuid(os.getuid()).pw_dir


def test_the_home_of_the_worker_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert environment.of("w", as_others=False)["HOME"] == "/somewhere"
    assert environment.of("w", as_others=True)["HOME"] != "/somewhere"
