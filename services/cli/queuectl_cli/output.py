"""How results are printed: tables for people, tab-separated lines for pipes, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(data: Any) -> None:
    """Data as the API gave it."""
    print(json.dumps(data, indent=2))  # noqa: T201


def say(line: str) -> None:
    """A result on stdout."""
    print(plain(line))  # noqa: T201


def note(line: str) -> None:
    """What is not a result goes to stderr."""
    print(plain(line), file=sys.stderr)  # noqa: T201


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on a terminal; otherwise one line a row, tab-separated, without a head."""
    texts = [[plain(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            print("\t".join(row))  # noqa: T201
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        long = column == "COMMAND"
        table.add_column(column, no_wrap=True, overflow="ellipsis" if long else "fold", ratio=1 if long else None)
    for row in texts:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console().print(table)


STYLES = {
    "pending": "yellow",
    "processing": "blue",
    "completed": "green",
    "failed": "magenta",
    "dead": "red",
    "cancelled": "dim",
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
    prefix, seconds = ("in ", -seconds) if seconds < 0 else ("", seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{prefix}{int(seconds // length)}{unit}"
    return f"{prefix}{int(seconds)}s"
