"""The options that say how a job is to be run: the same for `enqueue`, `run` and `edit`."""

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

from queuectl_cli import directory
from queuectl_cli.client import Client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.moment import duration

Id = Annotated[str | None, typer.Option("--id", help="Its id; left out, it is given one.")]
Queue = Annotated[str | None, typer.Option(help="The queue it waits in.")]
Priority = Annotated[int | None, typer.Option(help="Higher ones run first.")]
Delay = Annotated[float | None, typer.Option(help="Seconds before it may run.")]
At = Annotated[str | None, typer.Option(help="When it may run, as 2026-01-31T09:30:00Z.")]
MaxRetries = Annotated[int | None, typer.Option(help="Attempts after the first one.")]
BackoffBase = Annotated[float | None, typer.Option(help="Delay after attempt n: this number to the power n.")]
Timeout = Annotated[float | None, typer.Option(help="Seconds that an attempt may take.")]
Env = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A variable for the command.")]
Cwd = Annotated[
    str | None, typer.Option(help="The directory it starts in, on the worker; with 'queuectl up' it may be relative.")
]
Tag = Annotated[list[str] | None, typer.Option(help="A word to find it by.")]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=N", help="What an attempt may use: memory=512M, processes=20, cpu=5m (CPU time), file_size=1G."
    ),
]
Sandbox = Annotated[
    bool | None,
    typer.Option(
        "--sandbox/--no-sandbox", help="Run it with nothing to write to but a /tmp of its own, and without network."
    ),
]


def fields(
    api: Client,
    *,
    cwd: str | None,
    env: list[str] | None,
    tag: list[str] | None,
    limit: list[str] | None,
    at: str | None,
    **others: Any,
) -> dict[str, Any]:
    """The job's fields that were given as options, for that API."""
    given = {name: value for name, value in others.items() if value is not None}
    if cwd is not None:
        given["cwd"] = directory.absolute(cwd, api)
    if at is not None:
        given["run_at"] = at
    if tag:
        given["tags"] = tag
    if env:
        given["env"] = dict(_variable(text) for text in env)
    if limit:
        given["limits"] = dict(_limit(text) for text in limit)
    return given


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Failure(f"--env {text!r}: must be NAME=VALUE", USAGE)
    return name, value


def _limit(text: str) -> tuple[str, float]:
    name, _, amount = text.partition("=")
    if name not in LIMITS:
        raise Failure(f"--limit {text!r}: must be memory=…, processes=…, cpu=… or file_size=…", USAGE)
    try:
        return name, LIMITS[name](amount)
    except ValueError as fault:
        raise Failure(f"--limit {text!r}: {fault}", USAGE) from fault


def _size(text: str) -> int:
    """Bytes."""
    found = re.fullmatch(r"([0-9]{1,18})([kmgt]?)", text.lower())
    if found is None:
        raise ValueError("must be a size like 1048576, 512M or 1G")
    return int(found[1]) << {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[found[2]]


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError("must be a whole number")
    return int(text)


LIMITS: dict[str, Callable[[str], float]] = {
    "memory": _size,
    "processes": _count,
    "cpu": duration,
    "file_size": _size,
}
