"""Printing: tables on terminals, tab-separated lines in pipes, JSON for programs."""

import errno
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import IO, Any

from queuectl_cli.failure import ID_NOT_PRINTED, USAGE, Failure


class Unwritable(Failure):
    """Standard output cannot be written. `reason`: as the system words it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cannot write the output: {reason}")
        self.reason = reason


def print_json(data: Any) -> None:
    """Print data as the API returned it."""
    print(json.dumps(data, indent=2))  # noqa: T201


def say(line: str) -> None:
    """Print a result on stdout."""
    print(printable(line))  # noqa: T201


def say_field(name: str, *lines: str) -> None:
    """Print a field's value on one or more lines; nothing if there are none."""
    for number, line in enumerate(lines):
        say(f"{'' if number else name:<14}{line}")


def say_lines(text: str) -> None:
    """Print text of one or more lines on stdout; tabs as they are."""
    for line in text.split("\n"):
        print("\t".join(map(printable, line.split("\t"))))  # noqa: T201


def note(line: str) -> None:
    """Print anything else on stderr; errors of stderr itself are ignored."""
    with suppress(OSError):
        print(printable(line), file=sys.stderr)  # noqa: T201


def _flush_stdout() -> None:
    sys.stdout.flush()
    if sys.stdout.name == os.devnull:  # see null_output
        raise OSError(errno.EBADF, "standard output is closed")


def null_output() -> IO[str]:
    """A replacement for a closed stdout or stderr."""
    return open(os.devnull, "w")  # noqa: PTH123  # open until the program exits


@contextmanager
def printing_ids(ids: Sequence[str]) -> Iterator[None]:
    """Wrap the printing of ids of enqueued jobs: if it fails, the exit status says that the jobs exist."""
    try:
        yield
        _flush_stdout()
    except OSError as fault:
        which = f"job {ids[0]} is" if len(ids) == 1 else f"job {ids[0]} and {len(ids) - 1} more are"
        raise Failure(
            f"{which} enqueued, but the output cannot be written: {fault.strerror}", ID_NOT_PRINTED
        ) from fault


def input_bytes() -> IO[bytes]:
    """Standard input. Raises Failure if it is closed."""
    if sys.stdin is None:
        raise Failure("stdin is closed", USAGE)
    return sys.stdin.buffer


def copy_bytes(chunk: bytes, into: IO[bytes]) -> None:
    """Write bytes unchanged and flush. Raises Unwritable: a full disk here must not count as a lost connection."""
    try:
        into.write(chunk)
        into.flush()
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise Unwritable(str(fault.strerror)) from fault


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, cut: int = 1) -> None:
    """Print a table on a terminal, otherwise one tab-separated line per row without a heading.

    On a terminal, the last `cut` columns are truncated to fit. If there are several, the last one is dropped if it is
    empty or does not fit.
    """
    texts = [[printable(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            print("\t".join(row))  # noqa: T201
        return
    _print_aligned([list(columns), *texts], cut)


def _print_aligned(rows: list[list[str]], cut: int) -> None:
    """Print columns at full width, except the last `cut` columns, which share the rest of the terminal's width."""
    import typer  # slow to import, and only needed for colours

    fixed = len(rows[0]) - cut
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = get_terminal_size().columns - sum(widths[:fixed]) - len(GAP) * (len(widths) - 1)
    if cut > 1 and (room < MIN_WIDTH * cut or not any(row[-1] for row in rows[1:])):
        _print_aligned([row[:-1] for row in rows], cut - 1)
        return
    widths[fixed:] = _share_width(widths[fixed:], max(MIN_WIDTH * cut, room))
    for number, row in enumerate(rows):
        shown = [_fit(text, width) for text, width in zip(row, widths, strict=True)]
        shown[-1] = shown[-1].rstrip()
        if number == 0:
            typer.secho(GAP.join(shown), dim=True)
        else:
            typer.echo(GAP.join(typer.style(text, fg=COLOURS.get(text.strip())) for text in shown))


def _share_width(widths: list[int], room: int) -> list[int]:
    """Widths of the columns: as much as each needs, or an equal share of what narrower ones leave."""
    shares = [0] * len(widths)
    for done, index in enumerate(sorted(range(len(widths)), key=widths.__getitem__)):
        shares[index] = min(widths[index], room // (len(widths) - done))
        room -= shares[index]
    return shares


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


MIN_WIDTH = 20
"""Characters of a truncated column."""

GAP = "  "
COLOURS = {
    "pending": "yellow",
    "processing": "blue",
    "completed": "green",
    "failed": "magenta",
    "dead": "red",
    "cancelled": "bright_black",
}


def printable(text: str) -> str:
    """The text with control characters, which could act on a terminal, shown as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def age(instant: str | None) -> str:
    """The time since an RFC 3339 time, e.g. `5m`, or until it, e.g. `in 5m`; empty for None."""
    if instant is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()
    return f"in {short_duration(-seconds)}" if seconds < 0 else short_duration(seconds)


def short_duration(seconds: float) -> str:
    """A duration in its largest unit, e.g. `5m`."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"
