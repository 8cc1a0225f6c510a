"""Ask before an action that cannot be undone."""

import sys

import typer

from queuectl_cli.failure import REFUSED, USAGE, Failure
from queuectl_cli.output import printable


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal; without one, --yes is required. Raises Failure if the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} There is no terminal to ask on: confirm with --yes", USAGE)
    if not typer.confirm(printable(question), err=True):
        raise Failure("nothing was changed", REFUSED)
