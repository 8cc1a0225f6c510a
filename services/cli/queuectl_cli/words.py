"""The words behind `--`."""

import shlex

from queuectl_cli.failure import USAGE, Failure


def command_of(words: list[str]) -> str:
    """The words as typed, quoted for the shell."""
    if not any(word.strip() for word in words):
        raise Failure("the command behind -- is empty", USAGE)
    return shlex.join(words)
