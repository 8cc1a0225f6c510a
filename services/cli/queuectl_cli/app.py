"""The commands, and the options that they share, as Typer reads them."""

import importlib
from typing import Annotated

import typer

from queuectl_cli import __version__
from queuectl_cli.context import given

app = typer.Typer(
    name="queuectl",
    help="The job queue for shell commands.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = (
    "enqueue", "run", "list", "show", "status", "logs", "wait", "edit", "cancel", "retry", "delete", "dlq", "queue",
    "config", "worker", "backup", "restore", "login", "logout", "token", "audit", "up", "down",
)  # fmt: skip
"""In the order of the help. Each is a function, or an app of its own, in a module of that name."""
MODULES = {"list": "list_jobs"}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"queuectl {__version__}")
        raise typer.Exit


@app.callback()
def shared(
    url: Annotated[
        str | None,
        typer.Option(help="Where the API is (or QUEUECTL_URL, or where you are signed in, or this machine)."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            help="Sign in with this token. All users of this machine can read it here: better 'queuectl login', "
            "or QUEUECTL_TOKEN, or the name of its file in QUEUECTL_TOKEN_FILE."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The job queue for shell commands."""
    given.url, given.token = url, token


def load(first: str | None) -> None:
    """Import the command that comes first; all of them, which takes longer than to run one, where help is needed."""
    for name in (first,) if first in COMMANDS else COMMANDS:
        module = importlib.import_module(f"queuectl_cli.commands.{MODULES.get(name, name)}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, MODULES.get(name, name)))
