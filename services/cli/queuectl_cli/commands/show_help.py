"""`queuectl help`: show the help of queuectl or of one command."""

from typing import Annotated, Any

import typer

from queuectl_cli.aliases import expand_alias


def _command_names(ctx: typer.Context) -> list[str]:
    """For shell completion."""
    root: Any = ctx.parent and ctx.parent.command
    return list(root.commands) if root else []


def show_help(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="A command, e.g. queue pause.", autocompletion=_command_names),
    ] = None,
) -> None:
    """Show the help of queuectl, or of a command."""
    context: Any = ctx.parent
    for word in expand_alias(words or [], 0 if words else None):
        if not hasattr(context.command, "commands") or word.startswith("-"):  # the options of an alias
            break
        _, command, _ = context.command.resolve_command(context, [word])
        context = typer.Context(command, info_name=word, parent=context)
    typer.echo(context.get_help())
