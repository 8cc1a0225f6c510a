"""`queuectl backup`: a copy of everything, while everything runs."""

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
    file: Annotated[str, typer.Argument(metavar="FILE | -", help="Where the copy goes; - is stdout.")],
    no_logs: Annotated[bool, typer.Option("--no-logs", help="Without the output of commands.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also where FILE exists: it is replaced.")] = False,
) -> None:
    """Copy all jobs, their history, output and settings into FILE, a tar; 'queuectl restore' brings them back."""
    query = {"logs": "false" if no_logs else None}
    if file == "-":
        if sys.stdout.isatty():
            raise Failure("a backup is nothing for a terminal: name a file, or redirect the output", USAGE)
        _download(client(), query, sys.stdout.buffer)
        return
    with _whole(Path(file), replace=force) as part:
        size = _download(client(), query, part)
    note(f"{file}: {size} bytes")


def _download(api: Client, query: dict[str, str | None], into: IO[bytes]) -> int:
    """Returns the number of bytes. A response that ends too early is no backup."""
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
        raise Failure("the backup broke off: what came of it is not whole", UNREACHABLE) from fault


@contextmanager
def _whole(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file that has its name only once it is whole and on the disk. Only its owner may read it: jobs hold secrets."""
    part = path.with_name(path.name + ".part")
    try:
        if path.exists() and not replace:
            raise Failure(f"{path} exists: choose another name, or replace it with --force")
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise Failure(f"{path} is not a file: name one, or redirect the output of 'queuectl backup -'", USAGE)
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
