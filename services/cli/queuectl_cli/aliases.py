"""Aliases of commands, as docker and the shell name them."""

from queuectl_cli.states import NOT_ENDED

ALIASES = {
    "ls": ["list"],
    "ps": ["list", "--state", ",".join(NOT_ENDED)],
    "rm": ["delete"],
    "kill": ["cancel"],
}


def expand_alias(arguments: list[str], position: int | None) -> list[str]:
    """The arguments with the alias at that position replaced, if there is one."""
    if position is None or arguments[position] not in ALIASES:
        return arguments
    return [*arguments[:position], *ALIASES[arguments[position]], *arguments[position + 1 :]]


def help_text(command: str | None = None) -> str | None:
    """The help's line on the aliases of one command, or of all."""
    lines = [f"{alias} = {' '.join(words)}" for alias, words in ALIASES.items() if command in (words[0], None)]
    return f"Aliases: {'; '.join(lines)}." if lines else None
