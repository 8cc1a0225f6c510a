"""queuectl help and queuectl version: the words for --help and --version."""

import subprocess

import pytest

from queuectl_cli.app import program
from tests.cli.conftest import Queuectl
from tests.running import BIN, clean_environment

COMMANDS = set(program().commands)


@pytest.mark.parametrize(
    ("words", "same_as"),
    [
        ([], ["--help"]),
        (["enqueue"], ["enqueue", "--help"]),
        (["queue"], ["queue", "--help"]),
        (["queue", "pause"], ["queue", "pause", "--help"]),
        (["ls"], ["list", "--help"]),
        (["ps"], ["list", "--help"]),
        (["help"], ["help", "--help"]),
    ],
)
def test_help_shows_what_the_option_shows(queuectl: Queuectl, words: list[str], same_as: list[str]) -> None:
    done = queuectl("help", *words)
    assert (done.status, done.err) == (0, "")
    assert done.out == queuectl(*same_as).out
    assert done.out.startswith("Usage: queuectl ")


def test_help_runs_nothing(queuectl: Queuectl) -> None:
    done = queuectl("help", "enqueue", "rm", "file")
    assert (done.status, done.out.splitlines()[0].split()[:3]) == (0, ["Usage:", "queuectl", "enqueue"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["enqeue"], "Did you mean 'enqueue'"),
        (["queue", "paus"], "Did you mean 'pause'"),
        (["nope"], "No such command"),
    ],
)
def test_help_for_an_unknown_command_is_wrong_usage(queuectl: Queuectl, words: list[str], said: str) -> None:
    done = queuectl("help", *words)
    assert (done.status, done.out, said in done.err) == (2, "", True)


def test_version_prints_what_the_option_prints(queuectl: Queuectl) -> None:
    assert queuectl("version") == queuectl("--version")
    assert queuectl("version").out.startswith("queuectl ")


def test_both_need_no_api() -> None:
    environment = clean_environment(url="http://127.0.0.1:9")
    for command in ("help", "version"):
        assert subprocess.run([BIN / "queuectl", command], env=environment, capture_output=True).returncode == 0


def test_the_help_lists_all_commands(queuectl: Queuectl) -> None:
    listed = queuectl("help").out.partition("Commands:")[2]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} >= COMMANDS
    assert {"help", "version", "enqueue", "queue"} <= COMMANDS


def test_help_completes_commands(queuectl: Queuectl) -> None:
    words = {"_QUEUECTL_COMPLETE": "complete_bash", "COMP_WORDS": "queuectl help enq", "COMP_CWORD": "2"}
    assert "enqueue" in queuectl(env=words).out
