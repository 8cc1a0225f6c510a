"""What the shell is given to run: the job's command, and before it, where that changes nothing else, `exec`."""

import re

_WORD = r"(?:[\w@%+=:,./-]+|'[^']*'(?:\"'\"'[^']*')*)"
_WORDS = re.compile(rf"({_WORD})(?: {_WORD})*", re.ASCII)
"""What shlex.join makes of the words behind `--`."""

_OF_THE_SHELL = """
    . : [ alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc declare
    dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function getopts hash help
    history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set
    shift shopt source suspend test then time times trap true type typeset ulimit umask unalias unset until wait while
"""
BUILTINS = frozenset(_OF_THE_SHELL.split())
"""Of dash and of bash, reserved words included."""


def launched(command: str) -> str:
    """`exec` in front of plain words, so that a signal reaches the program, and nothing waits for it but we.

    Other commands, as with `;`, and those that the shell itself runs, are as they were.
    """
    words = _WORDS.fullmatch(command)
    if words is None or words[1] in BUILTINS or "=" in words[1]:
        return command
    return f"exec {command}"
