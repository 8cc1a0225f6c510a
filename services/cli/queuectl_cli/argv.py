"""The words of a command from the argument vector, joined to one command line for the shell."""

import shlex

from queuectl_cli.failure import USAGE, Failure


def quote_words(words: list[str]) -> str:
    """Every word as typed, quoted for the shell. Used for words after `--`."""
    _check_not_empty(words)
    return shlex.join(words)


def shell_line(words: list[str]) -> str:
    """A single word is a shell command line already; several words are quoted. Used for words without `--`."""
    _check_not_empty(words)
    return words[0] if len(words) == 1 else shlex.join(words)


def is_json_or_file(word: str) -> bool:
    """Whether the word is JSON, `@FILE` or `-`, and not the first word of a command."""
    return word == "-" or word.startswith("@") or word.lstrip().startswith(("{", "["))


def _check_not_empty(words: list[str]) -> None:
    if not any(word.strip() for word in words):
        raise Failure("the command is empty", USAGE)
