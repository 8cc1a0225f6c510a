"""`queuectl queue`: queues, paused and limited for all workers at once, and which commands they take."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client, given
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import lasting, note, print_json, print_table
from queuectl_cli.words import command_of

app = typer.Typer(
    help="Queues: pause, resume and limit them, for all workers at once; say which commands they take.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME")]

ANY = "*"
"""In a queue's list: any command."""


@app.command("list")
def list_queues(as_json: AsJson = False) -> None:
    """List the queues, and how much waits in them."""
    items = client().get("/api/queues")["items"]
    if as_json:
        print_json(items)
        return
    print_table(
        ("QUEUE", "STATE", "READY", "RUNNING", "LIMIT", "SLOTS", "LATENCY", "COMMANDS"),
        [
            (
                item["name"],
                "paused" if item["paused"] else "open",
                item["ready"],
                item["jobs"]["processing"],
                _shown(item["concurrency_limit"]),
                item["slots"],
                lasting(item["latency"]),
                _taken(item["commands"]),
            )
            for item in items
        ],
    )


@app.command()
def pause(name: Name) -> None:
    """Have no more jobs of a queue begin; what runs already runs on."""
    queue = _change(name, {"paused": True})
    note(f"{name} is paused: {queue['ready']} jobs wait, {queue['jobs']['processing']} run on")


@app.command()
def resume(name: Name) -> None:
    """Have the jobs of a paused queue begin again."""
    queue = _change(name, {"paused": False})
    note(f"{name} is open: {queue['ready']} jobs are ready")


# A negative number is a value, not an option.
@app.command(context_settings={"ignore_unknown_options": True})
def limit(name: Name, number: Annotated[str, typer.Argument(metavar="N|none")]) -> None:
    """Have at most N jobs of a queue run at once, over all workers; `none` takes the limit away."""
    try:
        wanted = None if number == "none" else int(number)
    except ValueError as fault:
        raise Failure(f"N {number!r}: must be a whole number, or 'none'", USAGE) from fault
    queue = _change(name, {"concurrency_limit": wanted})
    note(f"{name} has the limit {_shown(wanted)}: {queue['jobs']['processing']} of its jobs run now")


@app.command()
def allow(
    name: Name,
    commands: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND…", help="As it is enqueued; 'PROGRAM *' is with any plain words behind it."),
    ] = None,
    anything: Annotated[bool, typer.Option("--any", help="Take all commands, whatever default-commands says.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Take what the setting default-commands says.")] = False,
) -> None:
    """Have a queue take these commands only; what waits in it already is not looked at.

    queuectl queue allow nightly 'make test' 'rsync *'
    """
    wanted = [*(commands or []), *([command_of(given.words)] if given.words else []), *([ANY] if anything else [])]
    if default == bool(wanted) or (anything and wanted != [ANY]):
        raise Failure("name the commands that the queue takes, or say --any or --default", USAGE)
    queue = _change(name, {"commands": wanted or None})
    note(f"{name} takes {_taken(queue['commands'])}")


def _change(name: str, change: dict[str, Any]) -> dict[str, Any]:
    queue: dict[str, Any] = client().call("PATCH", f"/api/queues/{segment(name)}", body=change)
    return queue


def _taken(commands: list[str] | None) -> str:
    if commands is None:
        return "default-commands"
    return "any command" if ANY in commands else ", ".join(map(repr, commands)) or "nothing"


def _shown(limit: int | None) -> str:
    return "none" if limit is None else str(limit)
