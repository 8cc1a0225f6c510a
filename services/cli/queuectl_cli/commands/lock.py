"""`queuectl lock`: list locks."""

from typing import Any

import typer

from queuectl_cli.context import client
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputOption
from queuectl_cli.pages import fetch

app = typer.Typer(help="Locks of jobs: list those in use.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `list` a subcommand while it is the only one."""


@app.command("list")
def list_locks(output: OutputOption = OutputFormat.TABLE) -> None:
    """List the locks that jobs hold or need."""
    items, _ = fetch(client(), "/api/locks", {}, None)
    print_list(items, "key", output, ("KEY", "LIMIT", "RUNNING", "WAITING"), _row)


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    return item["key"], ", ".join(map(str, item["limits"])), item["running"], item["waiting"]
