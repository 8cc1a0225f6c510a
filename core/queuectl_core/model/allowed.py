"""A queue's allow-list: the commands that it accepts.

An entry is one exact command; or a program followed by ` *`, which allows any plain words as its arguments (words that
the shell passes on unchanged); or `*` alone, which allows any command.
"""

import re
from collections.abc import Sequence

ANY = "*"
ANY_WORDS = " *"
WORDS = re.compile(r"""(?: +(?:[A-Za-z0-9_@%+=:,./-]|'[^'\n]*'|"'")+)*""")
"""Words as `shlex.quote` writes them. Every text matches in at most one way, so matching never backtracks for long."""

_NAME = r"[A-Za-z0-9_@%+:,.-]+"
_SHELL_WORDS = (
    "bind break builtin case command compgen complete continue coproc declare do done elif else enable esac eval exec"
    " exit export fc fi for function getopts hash if in let local mapfile printf read readarray readonly return select"
    " set shift source test then time times trap typeset unset until wait while"
)
"""Keywords and builtins that make the shell interpret their arguments.

This includes `printf` and `test`: bash evaluates an array index in a variable's name, as in `test -v 'a[$(…)]'`.
"""

ENTRY = (
    rf"(?:\*|(?!(?:{'|'.join(_SHELL_WORDS.split())}) )(?:(?=[A-Za-z0-9_]){_NAME}|(?:/{_NAME})+) \*"
    r"|[^\x00- \x7f*](?:[^\x00-\x1f\x7f*]*[^\x00- \x7f*])?)"
)


def takes(entries: Sequence[str], command: str, *, surrounded: bool = False) -> bool:
    """Whether a queue with this list accepts the command.

    `surrounded`: the job sets its environment or directory, which can change what the same words do.
    """
    return ANY in entries or (not surrounded and any(_matches(entry, command) for entry in entries))


def _matches(entry: str, command: str) -> bool:
    if not entry.endswith(ANY_WORDS):
        return command == entry
    program = entry.removesuffix(ANY_WORDS)
    return command.startswith(program) and WORDS.fullmatch(command, len(program)) is not None
