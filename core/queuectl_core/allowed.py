"""The commands that a queue takes, where it does not take all: a list of entries.

An entry is one exact command; or a program and ` *`: then any plain words may follow the program. The shell hands plain
words on as they are, and does nothing else with them. Or it is `*`, which is any command.
"""

import re
from collections.abc import Sequence

ANY = "*"
ANY_WORDS = " *"
WORDS = re.compile(r"""(?: +(?:[A-Za-z0-9_@%+=:,./-]|'[^'\n]*'|"'")+)*""")
"""What shlex.quote makes of words. There is one way to read a text by it, so that no text takes long."""

_NAME = r"[A-Za-z0-9_@%+:,.-]+"
_OF_THE_SHELL = (
    "bind break builtin case command compgen complete continue coproc declare do done elif else enable esac eval exec"
    " exit export fc fi for function getopts hash if in let local mapfile printf read readarray readonly return select"
    " set shift source test then time times trap typeset unset until wait while"
)
"""Words that are no programs to a shell: it would go on to read what follows them.

Also such as `printf` and `test`: where sh is bash, an index in the name of a variable is run: `test -v 'a[$(…)]'`.
"""

ENTRY = (
    rf"(?:\*|(?!(?:{'|'.join(_OF_THE_SHELL.split())}) )(?:(?=[A-Za-z0-9_]){_NAME}|(?:/{_NAME})+) \*"
    r"|[^\x00- \x7f*](?:[^\x00-\x1f\x7f*]*[^\x00- \x7f*])?)"
)


def takes(entries: Sequence[str], command: str, *, surrounded: bool = False) -> bool:
    """Whether a queue with this list takes the command.

    `surrounded`: with an environment or a directory of its own, which can make another command of the same words.
    """
    return ANY in entries or (not surrounded and any(_fits(entry, command) for entry in entries))


def _fits(entry: str, command: str) -> bool:
    if not entry.endswith(ANY_WORDS):
        return command == entry
    program = entry.removesuffix(ANY_WORDS)
    return command.startswith(program) and WORDS.fullmatch(command, len(program)) is not None
