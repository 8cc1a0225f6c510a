"""Asking before something cannot be undone."""

import sys

import typer

from queuectl_cli.failure import REFUSED, USAGE, Failure
from queuectl_cli.output import plain


def confirm(question: str, *, yes: bool) -> None:
    """Ask on a terminal; elsewhere --yes must have been given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{question} Nobody can be asked here: say --yes", USAGE)
    if not typer.confirm(plain(question), err=True):
        raise Failure("nothing was changed", REFUSED)
