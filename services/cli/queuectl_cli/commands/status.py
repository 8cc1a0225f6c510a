"""`queuectl status`: numbers of workers, and of jobs by state."""

import sys
from typing import Annotated, Any

import typer

from queuectl_cli.context import client
from queuectl_cli.options import OutputFormatNoIds, OutputOptionNoIds
from queuectl_cli.output import print_json, say
from queuectl_cli.reconnecting import DEFAULT_RECONNECT_FOR, ReconnectFor, reconnect_with_notes
from queuectl_cli.streams import changes

UP_AND_CLEAR = "\x1b[{lines}A\x1b[J"


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Keep running and show every change.")] = False,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
    reconnect_for: ReconnectFor = DEFAULT_RECONNECT_FOR,
) -> None:
    """Show the number of workers, and of jobs in each state."""
    if not watch:
        _print(client().get("/api/status"), output)
        return
    shown = 0
    for event, data in changes(client(), reconnect_with_notes(reconnect_for)):
        if event == "status":
            if shown and sys.stdout.isatty():
                sys.stdout.write(UP_AND_CLEAR.format(lines=shown))
            shown = _print(data, output)
            sys.stdout.flush()


def _print(status: dict[str, Any], output: OutputFormatNoIds) -> int:
    """Print the status; returns its number of lines as a table."""
    if output is OutputFormatNoIds.JSON:
        print_json(status)
    else:
        say(f"Workers: {status['workers']}")
        for state, number in status["jobs"].items():
            say(f"{state:<12}{number}")
        if held := status["holding_still"]:
            say(f"{held['workers']} of {status['workers']} workers are on hold: {held['reason']}")
        if blocker := status["space_blocker"]:
            say(f"The database cannot reuse space: {blocker}")
    return 1 + len(status["jobs"]) + bool(status["holding_still"]) + bool(status["space_blocker"])
