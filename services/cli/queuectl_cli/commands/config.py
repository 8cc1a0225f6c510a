"""`queuectl config`: settings that can be changed while the system runs."""

import json
from typing import Annotated, Any

import typer

from queuectl_cli.client import segment
from queuectl_cli.context import client
from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.listing import print_list
from queuectl_cli.options import OutputFormat, OutputFormatNoIds, OutputOption, OutputOptionNoIds, parse_option
from queuectl_cli.output import print_json, say
from queuectl_cli.time_formats import parse_duration

app = typer.Typer(help="Show and change settings; no restart needed.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY")]

MAX_WIDTH = 40
"""Characters of a value in a table."""


@app.command("list")
def list_config(output: OutputOption = OutputFormat.TABLE) -> None:
    """List all settings. Long values are truncated."""
    items = client().get("/api/config")["items"]
    print_list(items, "key", output, ("KEY", "VALUE", "UNIT", "DEFAULT", "MEANING"), _row)


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    value, default = _truncate(_format(item["value"])), _format(item["default"])
    return (item["key"], value, item["unit"] or item["type"], default, item["description"])


@app.command()
def get(key: Key, output: OutputOptionNoIds = OutputFormatNoIds.TABLE) -> None:
    """Print the value of a setting.

    It is a number, or JSON that 'queuectl config set' accepts.
    """
    _print(client().get(_path(key)), output)


# So that a negative number is a value, not an option.
@app.command("set", context_settings={"ignore_unknown_options": True})
def set_value(
    key: Key,
    values: Annotated[
        list[str],
        typer.Argument(metavar="VALUE…", help="A number or duration; or commands, a JSON list of commands, or null."),
    ],
    output: OutputOptionNoIds = OutputFormatNoIds.TABLE,
) -> None:
    """Change a setting. It applies immediately, including to pending jobs.

    queuectl config set max-retries 5

    queuectl config set default-commands 'make *' /srv/nightly.sh
    """
    setting = client().get(_path(key))
    value = _commands(values) if setting["type"] == "commands" else _number(key, " ".join(values), setting["unit"])
    _print(client().call("PUT", _path(key), body={"value": value}), output)


@app.command()
def unset(key: Key, output: OutputOptionNoIds = OutputFormatNoIds.TABLE) -> None:
    """Reset a setting to its default, and print the default."""
    _print(client().call("DELETE", _path(key)), output)


def _number(key: str, text: str, unit: str | None) -> float:
    """A number, or a duration if the setting's unit is seconds."""
    try:
        number = float(text)
    except ValueError as fault:
        if unit == "seconds":
            return parse_option(key, text, parse_duration)
        raise Failure(f"{key} {text!r}: must be a number", USAGE) from fault
    if not abs(number) < float("inf"):
        raise Failure(f"{key} {text!r}: must be a finite number", USAGE)
    return int(number) if number.is_integer() else number


def _commands(values: list[str]) -> list[Any] | None:
    """The values; a single one may be a JSON list or null."""
    try:
        [text] = values
        given = json.loads(text)
    except ValueError:
        return values
    return given if given is None or isinstance(given, list) else values


def _path(key: str) -> str:
    return f"/api/config/{segment(key)}"


def _print(item: dict[str, Any], output: OutputFormatNoIds) -> None:
    if output is OutputFormatNoIds.JSON:
        print_json(item)
    else:
        say(_format(item["value"]))


def _format(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float | int) else json.dumps(value)


def _truncate(text: str) -> str:
    return text if len(text) <= MAX_WIDTH else f"{text[: MAX_WIDTH - 1]}…"
