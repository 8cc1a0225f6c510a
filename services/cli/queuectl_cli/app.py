"""The commands, and the options they share, as Typer reads them."""

import copy
import importlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand

from queuectl_cli import __version__, aliases
from queuectl_cli.command import Command, CommandAfterDashes, CommandFromFirstWord, CommandOrJobs, Group
from queuectl_cli.context import invocation
from queuectl_cli.output import say

app = typer.Typer(
    name="queuectl",
    cls=Group,
    help="The job queue for shell commands.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=aliases.help_text(),
)

HELP = "help"
COMMANDS = (
    "enqueue", "run", "list", "show", "why", "status", "logs", "wait", "edit", "cancel", "retry", "rerun", "delete",
    "schedule", "dlq", "queue", "lock", "config", "worker", "backup", "restore", "login", "logout", "token", "audit",
    "doctor", "up", "down", HELP, "version",
)  # fmt: skip
"""In the order of the help. Each is a function or a Typer app in the module of that name."""
MODULES = {"list": "list_jobs", HELP: "show_help"}
CLASSES: dict[str, type[Command]] = {
    "enqueue": CommandOrJobs, "run": CommandFromFirstWord, "edit": CommandAfterDashes,
}  # fmt: skip
"""Classes of the commands that take the command of a job."""


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"queuectl {__version__}")
        raise typer.Exit


def _set_url(url: str | None) -> None:
    invocation.url = url or invocation.url


def _set_token(token: str | None) -> None:
    invocation.token = token or invocation.token


@app.callback()
def shared(
    url: Annotated[
        str | None,
        typer.Option(
            callback=_set_url,
            help="URL of the API. Default: QUEUECTL_URL, then the saved login, then the API on this machine.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            callback=_set_token,
            help="Token to sign in with. Other users of this machine can see it here: prefer 'queuectl login', "
            "QUEUECTL_TOKEN, or QUEUECTL_TOKEN_FILE with the name of a file.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The job queue for shell commands."""


SHARED = ("url", "token")
"""Options of `shared` that are also accepted after the command."""


def program(first: str | None = None) -> Any:
    """The root command as Typer runs it, with that subcommand only. With all, which takes longer, for help."""
    for name in (first,) if first in COMMANDS and first != HELP else COMMANDS:
        _add(name)
    root: Any = typer.main.get_command(app)
    options = [copy.copy(option) for option in root.params if option.name in SHARED]
    for option in options:
        option.hidden, option.expose_value = True, False
    for command in _descendants(root):
        command.params += options
    return root


def _add(name: str) -> None:
    module = importlib.import_module(f"queuectl_cli.commands.{MODULES.get(name, name)}")
    if hasattr(module, "app"):
        for command in module.app.registered_commands:
            command.cls = Command if command.cls is TyperCommand else command.cls
        app.add_typer(module.app, name=name, cls=Group)
    else:
        function = getattr(module, MODULES.get(name, name))
        app.command(name, cls=CLASSES.get(name, Command), epilog=aliases.help_text(name))(function)


def _descendants(group: Any) -> Iterator[Any]:
    for command in group.commands.values():
        yield command
        if hasattr(command, "commands"):
            yield from _descendants(command)
