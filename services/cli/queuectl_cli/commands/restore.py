"""`queuectl restore`: bring a backup back, while everything runs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from queuectl_cli.client import Client
from queuectl_cli.commands.backup import CHUNK
from queuectl_cli.commands.delete import Yes
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import print_json, say

TAR = "application/x-tar"


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="What 'queuectl backup' has made; - is stdin.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Replace all jobs, their history, output and settings by those of a backup. What runs is stopped.

    Workers go on by themselves. What ran when the backup was made runs again. This cannot be undone.
    """
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as backup:
            restored = _restore(client(), backup, yes=yes)
    except OSError as fault:
        raise Failure(f"{file}: {fault.strerror}", USAGE) from fault
    if as_json:
        print_json(restored)
    else:
        say(f"restored: {restored['jobs']} jobs, {restored['logs']} logs")


def _restore(api: Client, backup: IO[bytes], *, yes: bool) -> Any:
    jobs = sum(api.get("/api/status")["jobs"].values())
    confirm(f"Replace the {jobs} jobs that are there now, with logs and settings? This cannot be undone.", yes=yes)
    return api.send("/api/restore", _chunks(backup), TAR, None)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
