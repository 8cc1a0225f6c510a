"""The options that say how a job is to be run: the same for `enqueue`, `run` and `edit`."""

import shlex
from typing import Annotated, Any

import typer

from queuectl_cli.failure import USAGE, Failure

Id = Annotated[str | None, typer.Option("--id", help="Its id; left out, it is given one.")]
Queue = Annotated[str | None, typer.Option(help="The queue it waits in.")]
Priority = Annotated[int | None, typer.Option(help="Higher ones run first.")]
Delay = Annotated[float | None, typer.Option(help="Seconds before it may run.")]
At = Annotated[str | None, typer.Option(help="When it may run, as 2026-01-31T09:30:00Z.")]
MaxRetries = Annotated[int | None, typer.Option(help="Attempts after the first one.")]
BackoffBase = Annotated[float | None, typer.Option(help="Delay after attempt n: this number to the power n.")]
Timeout = Annotated[float | None, typer.Option(help="Seconds that an attempt may take.")]
Env = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A variable for the command.")]
Cwd = Annotated[str | None, typer.Option(help="The directory it starts in, on the worker.")]
Tag = Annotated[list[str] | None, typer.Option(help="A word to find it by.")]


def fields(
    *,
    env: list[str] | None,
    tag: list[str] | None,
    at: str | None,
    **others: Any,
) -> dict[str, Any]:
    """The job's fields that were given as options."""
    given = {name: value for name, value in others.items() if value is not None}
    if at is not None:
        given["run_at"] = at
    if tag:
        given["tags"] = tag
    if env:
        given["env"] = dict(_variable(text) for text in env)
    return given


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Failure(f"--env {text!r}: must be NAME=VALUE", USAGE)
    return name, value


def command_of(words: list[str]) -> str:
    """The words as typed, quoted for the shell."""
    if not any(word.strip() for word in words):
        raise Failure("the command behind -- is empty", USAGE)
    return shlex.join(words)
