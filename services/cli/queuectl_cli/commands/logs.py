"""`queuectl logs`: what a command has printed."""

import sys
from typing import Annotated

import typer

from queuectl_cli.client import Client, segment
from queuectl_cli.commands.show import JobId
from queuectl_cli.context import client
from queuectl_cli.output import copy_bytes

CHUNK = 1 << 16


def logs(
    job_id: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
    attempt: Annotated[int | None, typer.Option(min=1, help="Of this attempt; else of the latest.")] = None,
    tail: Annotated[int | None, typer.Option(min=0, help="The last lines only.")] = None,
) -> None:
    """Print what a job's command has printed, byte by byte."""
    copy_log(client(), job_id, follow=follow, attempt=attempt, tail=tail)


def copy_log(api: Client, job_id: str, *, follow: bool, attempt: int | None = None, tail: int | None = None) -> None:
    """Copy a job's output to stdout, as it comes."""
    query = {"follow": "true" if follow else None, "attempt": attempt, "tail": tail}
    with api.stream(f"/api/logs/{segment(job_id)}", "text/plain", query) as response:
        while chunk := response.read1(CHUNK):
            copy_bytes(chunk, sys.stdout.buffer)
