"""`queuectl restore`: restore a backup while the system runs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from queuectl_cli.bulk import count_jobs
from queuectl_cli.client import Client
from queuectl_cli.commands.backup import CHUNK
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import OutputFormatNoIds, OutputOptionNoIds, Yes
from queuectl_cli.output import print_json, say

TAR = "application/x-tar"


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="A backup from 'queuectl backup'; - for stdin.")],
    yes: Yes = False,
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Replace all jobs and settings with those of a backup.

    This includes the history and output of the jobs. Running jobs are stopped, workers need no restart, and jobs that
    were running when the backup was made run again. This cannot be undone.
    """
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as backup:
            restored = _restore(client(), backup, yes=yes)
    except OSError as fault:
        raise Failure(f"{file}: {fault.strerror}", USAGE) from fault
    if output is OutputFormatNoIds.JSON:
        print_json(restored)
    else:
        say(f"restored: {_summary(restored)}")


def _summary(restored: dict[str, Any]) -> str:
    """Log files are mentioned only if there are any: short outputs are part of the jobs."""
    logs = restored["logs"]
    return count_jobs(restored["jobs"]) + (f", {logs} log file{'' if logs == 1 else 's'}" if logs else "")


def _restore(api: Client, backup: IO[bytes], *, yes: bool) -> Any:
    jobs = sum(api.get("/api/status")["jobs"].values())
    confirm(f"Replace all current jobs ({jobs}), their logs, and the settings? This cannot be undone.", yes=yes)
    return api.send("/api/restore", _chunks(backup), TAR, timeout=None)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
