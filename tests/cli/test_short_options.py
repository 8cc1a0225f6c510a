"""A short option means the same in every command."""

from collections.abc import Iterator
from typing import Any

import pytest

from queuectl_cli.app import program

LETTERS = {
    "-q": {"queue", "queues"},
    "-p": {"priority"},
    "-t": {"tag"},
    "-e": {"env"},
    "-w": {"wait", "watch"},
    "-n": {"limit", "tail"},
    "-d": {"detach"},
    "-f": {"follow"},
    "-a": {"all"},
    "-o": {"output"},
    "-y": {"yes"},
    "-V": {"version"},
    "-h": {"help"},
}
LONG_ONLY = {"delay", "timeout", "force", "url", "token"}


def options() -> Iterator[tuple[str, Any]]:
    """All options, each with the name of its command."""

    def below(command: Any, words: str) -> Iterator[tuple[str, Any]]:
        for option in command.params:
            if option.param_type_name == "option":
                yield words, option
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, f"{words} {name}")

    yield from below(program(), "queuectl")


OPTIONS = [pytest.param(option, id=f"{words} {option.opts[0]}") for words, option in options()]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_letter_means_the_same_in_every_command(option: Any) -> None:
    letters = {name for name in option.opts if not name.startswith("--")}
    names = {name.removeprefix("--") for name in option.opts if name.startswith("--")}
    limits_an_attempt = "NAME=N" in (option.metavar or "")  # and not what is listed
    wanted = {letter for letter, meanings in LETTERS.items() if meanings & names and not limits_an_attempt}
    assert letters == wanted
    assert not (letters and names & LONG_ONLY)


def test_all_commands_are_looked_at() -> None:
    found = {words for words, _ in options()}
    assert {"queuectl", "queuectl enqueue", "queuectl dlq list", "queuectl worker start", "queuectl rerun"} <= found
    assert {name for _, option in options() for name in option.opts} >= LETTERS.keys() - {"-h"}
