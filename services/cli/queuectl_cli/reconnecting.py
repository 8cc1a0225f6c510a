"""The option --reconnect-for, and the notes printed while a connection is lost."""

from typing import Annotated

import typer

from queuectl_cli.client import Unavailable
from queuectl_cli.options import parse_option
from queuectl_cli.output import note
from queuectl_cli.streams import Reconnect
from queuectl_cli.time_formats import parse_duration

ReconnectFor = Annotated[
    str, typer.Option(metavar="DURATION", help="How long to retry if the connection to the API is lost.")
]
DEFAULT_RECONNECT_FOR = "10m"


def reconnect_with_notes(duration: str) -> Reconnect:
    """Retries for that long, and reports lost and restored connections on stderr."""

    def lost(fault: Unavailable) -> None:
        note(f"queuectl: connection lost, retrying for {duration}: {fault}")

    seconds = parse_option("--reconnect-for", duration, parse_duration)
    return Reconnect(seconds, lost, lambda: note("queuectl: reconnected"))
