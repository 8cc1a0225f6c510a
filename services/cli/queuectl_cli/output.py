"""How results are printed: tables for people, tab-separated lines for pipes, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import IO, Any

from queuectl_cli.failure import Failure


def print_json(data: Any) -> None:
    """Data as the API gave it."""
    print(json.dumps(data, indent=2))  # noqa: T201


def say(line: str) -> None:
    """A result on stdout."""
    print(plain(line))  # noqa: T201


def note(line: str) -> None:
    """What is not a result goes to stderr."""
    print(plain(line), file=sys.stderr)  # noqa: T201


def copy_bytes(chunk: bytes, into: IO[bytes]) -> None:
    """Pass bytes on as they are, at once. A full disk here is not to be taken for a fault of the connection."""
    try:
        into.write(chunk)
        into.flush()
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise Failure(f"what came cannot be written: {fault.strerror}") from fault


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, cut: int = 1) -> None:
    """A table on a terminal; otherwise one line a row, tab-separated, without a head.

    The last `cut` columns are cut where the terminal ends. If they are several, the last one is left out there when it
    is empty, or has no room.
    """
    texts = [[plain(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            print("\t".join(row))  # noqa: T201
        return
    _print_aligned([list(columns), *texts], cut)


def _print_aligned(rows: list[list[str]], cut: int) -> None:
    """Columns as wide as they need to be, but for those that share what the others leave of the terminal."""
    import typer  # not where nothing is to be coloured: it takes long

    fixed = len(rows[0]) - cut
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = get_terminal_size().columns - sum(widths[:fixed]) - len(GAP) * (len(widths) - 1)
    if cut > 1 and (left < LEAST * cut or not any(row[-1] for row in rows[1:])):
        _print_aligned([row[:-1] for row in rows], cut - 1)
        return
    widths[fixed:] = _shared(widths[fixed:], max(LEAST * cut, left))
    for number, row in enumerate(rows):
        shown = [_fitted(text, width) for text, width in zip(row, widths, strict=True)]
        shown[-1] = shown[-1].rstrip()
        if number == 0:
            typer.secho(GAP.join(shown), dim=True)
        else:
            typer.echo(GAP.join(typer.style(text, fg=COLOURS.get(text.strip())) for text in shown))


def _shared(widths: list[int], room: int) -> list[int]:
    """What each of these columns gets: as much as it needs, or an equal share of what narrower ones leave."""
    given = [0] * len(widths)
    for done, index in enumerate(sorted(range(len(widths)), key=widths.__getitem__)):
        given[index] = min(widths[index], room // (len(widths) - done))
        room -= given[index]
    return given


def _fitted(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


LEAST = 20
"""Characters of a column that is cut."""

GAP = "  "
COLOURS = {
    "pending": "yellow",
    "processing": "blue",
    "completed": "green",
    "failed": "magenta",
    "dead": "red",
    "cancelled": "bright_black",
}


def plain(text: str) -> str:
    """Without characters that would act on a terminal: they are shown as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def ago(instant: str | None) -> str:
    """How long ago (or until) an RFC 3339 time is, as `5m`; empty for none."""
    if instant is None:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()
    return f"in {lasting(-seconds)}" if seconds < 0 else lasting(seconds)


def lasting(seconds: float) -> str:
    """A duration in its largest unit, as `5m`."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"
