"""Run a plain command by `exec`: it replaces its shell, so that signals reach the program itself."""

import re

_WORD = r"(?:[\w@%+=:,./-]+|'[^']*'(?:\"'\"'[^']*')*)"
_PLAIN = re.compile(rf"({_WORD})(?: {_WORD})*", re.ASCII)
"""What shlex.join makes of the arguments after `--`."""

_OF_THE_SHELL = """
    . : [ alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc declare
    dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help
    history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set
    shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until wait while
"""
BUILTINS = frozenset(_OF_THE_SHELL.split())
"""Of dash and bash, including reserved words."""


def with_exec(command: str) -> str:
    """Put `exec` in front of a program with its arguments.

    Commands with shell syntax such as `;`, and builtins, are returned unchanged.
    """
    plain = _PLAIN.fullmatch(command)
    if plain is None or plain[1] in BUILTINS or "=" in plain[1]:
        return command
    return f"exec {command}"
