"""Commands that begin with `#!`: scripts in a language other than the shell's."""

import os
from shlex import quote

FILE = "command"


def run_by_interpreter(command: str, directory: str) -> str:
    """If `command` begins with `#!`, write it to a file in `directory`, and return a shell command that runs it.

    Like the kernel, this passes everything after the interpreter as one argument. The kernel cannot do it itself, since
    a directory for temporary files may be mounted noexec. Raises OSError.
    """
    if not command.startswith("#!"):
        return command
    path = f"{directory}/{FILE}"
    with open(path, "x") as file:  # noqa: PTH123  # faster than Path
        file.write(command)
    os.chmod(path, 0o700)  # noqa: PTH101
    interpreter, *argument = command[2:].partition("\n")[0].strip().split(None, 1) or ["/bin/sh"]
    return " ".join(["exec", quote(interpreter), *map(quote, argument), quote(path)])
