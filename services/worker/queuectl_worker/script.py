"""Commands that begin with `#!`: a program in another language than the shell's."""

import os
from shlex import quote

FILE = "command"


def of(command: str, directory: str) -> str:
    """What the shell is to run for that command; a file for it is made in `directory`. Raises OSError.

    As the kernel does it: all behind the interpreter is one word. Not done by the kernel, as a directory for temporary
    files may hold no programs.
    """
    if not command.startswith("#!"):
        return command
    path = f"{directory}/{FILE}"
    with open(path, "x") as file:  # noqa: PTH123  # the spawner does without pathlib
        file.write(command)
    os.chmod(path, 0o700)  # noqa: PTH101
    interpreter, *word = command[2:].partition("\n")[0].strip().split(None, 1) or ["/bin/sh"]
    return " ".join(["exec", quote(interpreter), *map(quote, word), quote(path)])
