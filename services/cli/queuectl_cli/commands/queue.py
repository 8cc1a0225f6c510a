"""`queuectl queue`: list, pause, limit and delete queues, and set their allow-lists."""

from typing import Annotated, Any

import typer

from queuectl_cli import queue_names
from queuectl_cli.client import segment
from queuectl_cli.command import CommandAfterDashes
from queuectl_cli.confirm import confirm
from queuectl_cli.context import client, invocation
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.for_each_id import for_each_id
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputOption, Yes
from queuectl_cli.output import note, short_duration

app = typer.Typer(
    help="Queues: list, pause, limit and delete them; set allow-lists.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME")]

ANY = "*"
"""The entry of an allow-list that matches every command."""


@app.command("list")
def list_queues(output: OutputOption = OutputFormat.TABLE) -> None:
    """List queues, with their numbers of ready and running jobs."""
    items = client().get("/api/queues")["items"]
    columns = ("QUEUE", "STATE", "READY", "RUNNING", "LIMIT", "SLOTS", "LATENCY", "COMMANDS")
    print_list(items, "name", output, columns, _row)


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    return (
        item["name"],
        "paused" if item["paused"] else "open",
        item["ready"],
        item["jobs"]["processing"],
        _format_limit(item["concurrency_limit"]),
        item["slots"],
        short_duration(item["latency"]),
        _format_commands(item["commands"]),
    )


@app.command()
def pause(name: Name) -> None:
    """Pause a queue: no more of its jobs start. Running jobs continue."""
    queue = _change(name, {"paused": True})
    note(f"{name} is paused: {queue['ready']} ready, {queue['jobs']['processing']} still running")


@app.command()
def resume(name: Name) -> None:
    """Resume a paused queue."""
    queue = _change(name, {"paused": False})
    note(f"{name} is open: {queue['ready']} ready")


# So that a negative number is a value, not an option.
@app.command(context_settings={"ignore_unknown_options": True})
def limit(name: Name, number: Annotated[str, typer.Argument(metavar="N|none")]) -> None:
    """Limit how many jobs of a queue run at once.

    The limit applies across all workers; 'none' removes it.
    """
    try:
        wanted = None if number == "none" else int(number)
    except ValueError as fault:
        raise Failure(f"N {number!r}: must be a whole number, or 'none'", USAGE) from fault
    queue = _change(name, {"concurrency_limit": wanted})
    note(f"{name} has the limit {_format_limit(wanted)}: {queue['jobs']['processing']} running")


@app.command(cls=CommandAfterDashes)
def allow(
    name: Name,
    commands: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND…", help="A command as it is enqueued; 'PROGRAM *' allows any plain arguments."),
    ] = None,
    anything: Annotated[
        bool, typer.Option("--any", help="Accept all commands, regardless of default-commands.")
    ] = False,
    default: Annotated[
        bool, typer.Option("--default", help="Use the allow-list of the setting default-commands.")
    ] = False,
) -> None:
    """Set a queue's allow-list: new jobs must match it. Jobs already in the queue are not checked.

    queuectl queue allow nightly 'make test' 'rsync *'
    """
    allowed = [
        *(commands or []),
        *([invocation.command] if invocation.command is not None else []),
        *([ANY] if anything else []),
    ]
    if default == bool(allowed) or (anything and allowed != [ANY]):
        raise Failure("give either the commands to accept, or --any, or --default", USAGE)
    queue = _change(name, {"commands": allowed or None})
    note(f"{name} accepts {_format_commands(queue['commands'])}")


@app.command()
def delete(names: Annotated[list[str], typer.Argument(metavar="NAME…")], yes: Yes = False) -> None:
    """Delete empty queues and their settings. Enqueueing a job to a queue of that name creates it again."""
    confirm(f"Delete {', '.join(names)} and {'its' if len(names) == 1 else 'their'} settings?", yes=yes)
    api = client()

    def act(name: str) -> None:
        api.call("DELETE", f"/api/queues/{segment(name)}")
        note(f"{name} is deleted")

    for_each_id(names, act)


def _change(name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Change a queue; returns it. A note says if the queue is new, as its name may be mistyped."""
    api = client()
    queue: dict[str, Any] = api.call("PATCH", f"/api/queues/{segment(name)}", body=change)
    if queue.get("new"):
        note(f"queuectl: queue {name} is new and has no jobs yet{queue_names.other_queue_hint(api, name)}")
    return queue


def _format_commands(commands: list[str] | None) -> str:
    if commands is None:
        return "default-commands"
    return "any command" if ANY in commands else ", ".join(map(repr, commands)) or "nothing"


def _format_limit(limit: int | None) -> str:
    return "none" if limit is None else str(limit)
