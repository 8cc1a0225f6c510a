"""`queuectl status`: workers, and how many jobs are in which state."""

import sys
from typing import Annotated, Any

import typer

from queuectl_cli.context import client
from queuectl_cli.events import changes
from queuectl_cli.options import AsJson
from queuectl_cli.output import print_json, say

UP_AND_CLEAR = "\x1b[{lines}A\x1b[J"


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and show every change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how many workers there are, and how many jobs in each state."""
    if not watch:
        _print(client().get("/api/status"), as_json)
        return
    shown = 0
    for event, data in changes(client()):
        if event == "status":
            if shown and sys.stdout.isatty():
                sys.stdout.write(UP_AND_CLEAR.format(lines=shown))
            shown = _print(data, as_json)
            sys.stdout.flush()


def _print(now: dict[str, Any], as_json: bool) -> int:
    """Returns how many lines it took."""
    if as_json:
        print_json(now)
    else:
        say(f"Workers: {now['workers']}")
        for state, number in now["jobs"].items():
            say(f"{state:<12}{number}")
    return 1 + len(now["jobs"])
