"""`queuectl`: run one command, and report failures as one line and an exit status."""

import io
import os
import sys
from typing import NoReturn

from queuectl_cli.argv import is_json_or_file, quote_words, shell_line
from queuectl_cli.context import client
from queuectl_cli.enqueue_command import enqueue_command
from queuectl_cli.failure import INTERRUPTED, REFUSED, Failure
from queuectl_cli.output import note, null_output, printing_ids, say

CANNOT_WRITE = "cannot write the output"


def main() -> None:
    """The entry point."""
    _prepare_streams()
    _exit(_status(sys.argv[1:]))


def _status(arguments: list[str]) -> int:
    """Run the command and report failures; returns the exit status."""
    try:
        command = _command_without_options(arguments)
        if command is not None:
            _enqueue_directly(command)
        else:
            _run_typer(arguments)
    except Failure as failure:
        note(f"queuectl: {failure}")
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # as in `queuectl list | head`
        return REFUSED
    except OSError as fault:
        note(f"queuectl: {fault.filename or CANNOT_WRITE}: {fault.strerror}")
        return REFUSED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _prepare_streams() -> None:
    """Print unencodable characters as escapes, and replace closed streams by /dev/null."""
    sys.stdout, sys.stderr = sys.stdout or null_output(), sys.stderr or null_output()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _exit(status: int) -> NoReturn:
    """Exit after flushing stdout, which is a failure if it cannot be written."""
    try:
        sys.stdout.flush()
    except OSError as fault:
        if not isinstance(fault, BrokenPipeError):
            note(f"queuectl: {CANNOT_WRITE}: {fault.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # otherwise Python tries again and prints a traceback
        status = status or REFUSED
    sys.exit(status)


def _command_without_options(arguments: list[str]) -> str | None:
    """The command that `enqueue` without options enqueues; None in any other case."""
    match arguments:
        case ["enqueue", "--", first, *more]:
            return quote_words([first, *more])
        case ["enqueue", first, *more] if _is_plain(first, more):
            return shell_line([first, *more])
    return None


def _is_plain(first: str, more: list[str]) -> bool:
    """Whether the first word starts a command, and no later one may need a note on queuectl's own options."""
    if first.startswith("-") or is_json_or_file(first):
        return False
    return not (sys.stderr.isatty() and any(word.startswith("--") for word in more))


def _enqueue_directly(command: str) -> None:
    """Enqueue without Typer, whose import takes longer than the rest of the command."""
    job_id = enqueue_command(client(), command, {})["id"]
    with printing_ids([job_id]):
        say(job_id)


def _run_typer(arguments: list[str]) -> None:
    from queuectl_cli.aliases import expand_alias
    from queuectl_cli.app import program

    position = _command_position(arguments)
    arguments = expand_alias(arguments, position)
    program(None if position is None else arguments[position])(arguments)


def _command_position(arguments: list[str]) -> int | None:
    """The command's position, after --url and --token and their values."""
    position = 0
    while position < len(arguments) and arguments[position].startswith("-"):
        position += 2 if arguments[position] in ("--url", "--token") else 1
    return position if position < len(arguments) else None


if __name__ == "__main__":
    main()
