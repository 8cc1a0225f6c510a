"""`queuectl backup`: download a backup while the system runs."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from typing import IO, Annotated

import typer

from queuectl_cli.client import Client
from queuectl_cli.context import client
from queuectl_cli.failure import UNREACHABLE, USAGE, Failure
from queuectl_cli.output import copy_bytes, note

CHUNK = 1 << 20


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="Where to write the backup; - for stdout.")],
    no_logs: Annotated[bool, typer.Option("--no-logs", help="Leave out the output of commands.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE if it exists.")] = False,
) -> None:
    """Back up all jobs and settings to FILE.

    The backup is a tar that also contains the history and output of the jobs. 'queuectl restore' restores it.
    """
    query = {"logs": "false" if no_logs else None}
    if file == "-":
        if sys.stdout.isatty():
            raise Failure("a backup is not written to a terminal: name a file, or redirect the output", USAGE)
        _download(client(), query, sys.stdout.buffer)
        return
    with _atomic_file(Path(file), replace=force) as part:
        size = _download(client(), query, part)
    note(f"{file}: {size} bytes")


def _download(api: Client, query: dict[str, str | None], into: IO[bytes]) -> int:
    """Write the backup; returns its size in bytes. Raises Failure if the response is incomplete."""
    size = 0
    with api.stream("/api/backup", "application/x-tar", query) as response:
        while chunk := _read(response):
            copy_bytes(chunk, into)
            size += len(chunk)
    return size


def _read(response: HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK)
    except (IncompleteRead, ConnectionError) as fault:
        raise Failure("the backup is incomplete: the connection was lost", UNREACHABLE) from fault


@contextmanager
def _atomic_file(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file that gets its name once it is complete and on disk. Private, as jobs may contain secrets."""
    part = path.with_name(path.name + ".part")
    try:
        if path.exists() and not replace:
            raise Failure(f"{path} exists: choose another name, or overwrite it with --force")
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise Failure(f"{path} is not a regular file: name one, or redirect 'queuectl backup -'", USAGE)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            try:
                yield file
                os.fsync(file.fileno())
                part.rename(path)
            except BaseException:
                part.unlink()
                raise
    except OSError as fault:
        raise Failure(f"{part}: {fault.strerror}") from fault
