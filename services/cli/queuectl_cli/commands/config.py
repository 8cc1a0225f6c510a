"""`queuectl config`: settings that can be changed while everything runs."""

from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import print_json, print_table, say

app = typer.Typer(help="Settings that can be changed while everything runs.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY")]


@app.command("list")
def list_config(as_json: AsJson = False) -> None:
    """List all settings."""
    items = client().get("/api/config")["items"]
    if as_json:
        print_json(items)
        return
    print_table(
        ("KEY", "VALUE", "UNIT", "DEFAULT", "MEANING"),
        [
            (item["key"], f"{item['value']:.15g}", item["unit"], f"{item['default']:.15g}", item["description"])
            for item in items
        ],
    )


@app.command()
def get(key: Key, as_json: AsJson = False) -> None:
    """Print one setting's value."""
    _print(client().get(f"/api/config/{segment(key)}"), as_json)


# A negative number is a value, not an option.
@app.command("set", context_settings={"ignore_unknown_options": True})
def set_value(key: Key, value: Annotated[str, typer.Argument(metavar="VALUE")], as_json: AsJson = False) -> None:
    """Set one setting; it counts at once, for jobs that wait as well."""
    try:
        number = float(value)
    except ValueError as fault:
        raise Failure(f"{key} {value!r}: must be a number", USAGE) from fault
    if not abs(number) < float("inf"):
        raise Failure(f"{key} {value!r}: must be a finite number", USAGE)
    _print(client().call("PUT", f"/api/config/{segment(key)}", body={"value": number}), as_json)


def _print(item: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(item)
    else:
        say(f"{item['value']:.15g}")
