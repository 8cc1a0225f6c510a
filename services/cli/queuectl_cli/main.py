"""`queuectl`: runs one command, and turns what went wrong into a line and a status."""

import os
import sys

from queuectl_cli.context import client, given
from queuectl_cli.failure import INTERRUPTED, Failure
from queuectl_cli.output import note, say
from queuectl_cli.typed import enqueue


def main() -> None:
    """The program."""
    arguments = sys.argv[1:]
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, given.words = arguments[:cut], arguments[cut + 1 :]
    try:
        if arguments == ["enqueue"] and given.words:
            _enqueue_plainly()
        else:
            _read(arguments)
    except Failure as failure:
        note(f"queuectl: {failure}")
        sys.exit(failure.status)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # as in `queuectl list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _enqueue_plainly() -> None:
    """Without options there is nothing to be read: what reads them takes longer to import than this to run."""
    say(enqueue(client(), given.words, {})["id"])


def _read(arguments: list[str]) -> None:
    from queuectl_cli.app import app, load

    shared, rest = _apart(arguments)
    load(next(iter(rest), None))
    app(shared + rest)


def _apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    """--url and --token, which may stand behind the command as well, and the rest."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("--url", "--token"):
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith(("--url=", "--token=")):
            first.append(word)
        else:
            rest.append(word)
    return first, rest


if __name__ == "__main__":
    main()
