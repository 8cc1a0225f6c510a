"""`queuectl config`: settings that can be changed while everything runs."""

import json
from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.options import AsJson
from queuectl_cli.output import print_json, print_table, say

app = typer.Typer(help="Settings that can be changed while everything runs.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY")]

IN_A_TABLE = 40
"""Characters of a value."""


@app.command("list")
def list_config(as_json: AsJson = False) -> None:
    """List all settings; of a long value the beginning."""
    items = client().get("/api/config")["items"]
    if as_json:
        print_json(items)
        return
    print_table(
        ("KEY", "VALUE", "UNIT", "DEFAULT", "MEANING"),
        [
            (
                item["key"],
                _shortened(_shown(item["value"])),
                item["unit"] or item["type"],
                _shown(item["default"]),
                item["description"],
            )
            for item in items
        ],
    )


@app.command()
def get(key: Key, as_json: AsJson = False) -> None:
    """Print one setting's value: a number, or JSON that `set` takes."""
    _print(client().get(_path(key)), as_json)


# A negative number is a value, not an option.
@app.command("set", context_settings={"ignore_unknown_options": True})
def set_value(
    key: Key,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE…", help="A number; or commands, or a JSON list of them, or null.")
    ],
    as_json: AsJson = False,
) -> None:
    """Set one setting; it counts at once, for jobs that wait as well.

    queuectl config set max-retries 5

    queuectl config set default-commands 'make *' /srv/nightly.sh
    """
    kind = client().get(_path(key))["type"]
    value = _commands(values) if kind == "commands" else _number(key, values)
    _print(client().call("PUT", _path(key), body={"value": value}), as_json)


def _number(key: str, values: list[str]) -> float:
    text = " ".join(values)
    try:
        number = float(text)
    except ValueError as fault:
        raise Failure(f"{key} {text!r}: must be a number", USAGE) from fault
    if not abs(number) < float("inf"):
        raise Failure(f"{key} {text!r}: must be a finite number", USAGE)
    return int(number) if number.is_integer() else number


def _commands(values: list[str]) -> list[Any] | None:
    """A single value may be the JSON of all of them."""
    try:
        [text] = values
        given = json.loads(text)
    except ValueError:
        return values
    return given if given is None or isinstance(given, list) else values


def _path(key: str) -> str:
    return f"/api/config/{segment(key)}"


def _print(item: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(item)
    else:
        say(_shown(item["value"]))


def _shown(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float | int) else json.dumps(value)


def _shortened(text: str) -> str:
    return text if len(text) <= IN_A_TABLE else f"{text[: IN_A_TABLE - 1]}…"
