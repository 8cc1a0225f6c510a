"""`queuectl logs`: print the output of a job."""

import sys
from typing import Annotated

import typer

from queuectl_cli.client import Client, segment
from queuectl_cli.context import client
from queuectl_cli.id_prefix import ID_OR_PREFIX, by_id_or_prefix
from queuectl_cli.output import copy_bytes
from queuectl_cli.reconnecting import DEFAULT_RECONNECT_FOR, ReconnectFor, reconnect_with_notes
from queuectl_cli.streams import CHUNK, output


def logs(
    job_id: Annotated[str, typer.Argument(metavar="ID", help=ID_OR_PREFIX)],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stream the output until the job has ended.")] = False,
    attempt: Annotated[int | None, typer.Option(min=1, help="Number of the attempt; default: the latest.")] = None,
    tail: Annotated[int | None, typer.Option("--tail", "-n", min=0, help="Only this many last lines.")] = None,
    reconnect_for: ReconnectFor = DEFAULT_RECONNECT_FOR,
) -> None:
    """Print the output of a job, byte for byte."""
    api = client()
    reconnect = reconnect_with_notes(reconnect_for)

    def copy(found: str) -> None:
        if follow:
            for chunk in output(api, found, reconnect, attempt=attempt, tail=tail):
                copy_bytes(chunk, sys.stdout.buffer)
        else:
            _copy(api, found, attempt, tail)

    by_id_or_prefix(api, job_id, copy)


def _copy(api: Client, job_id: str, attempt: int | None, tail: int | None) -> None:
    with api.stream(f"/api/logs/{segment(job_id)}", "text/plain", {"attempt": attempt, "tail": tail}) as response:
        while chunk := response.read1(CHUNK):
            copy_bytes(chunk, sys.stdout.buffer)
