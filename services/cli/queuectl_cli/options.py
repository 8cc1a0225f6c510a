"""Options shared by many commands."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from queuectl_cli.failure import USAGE, Failure

Value = TypeVar("Value")

OUTPUT = "output"
"""The name of the parameter for the output format. Commands that have it take --json as well; see Command."""


class OutputFormat(StrEnum):
    """How results are printed; `ids`: ids or names only, one per line."""

    TABLE = "table"
    JSON = "json"
    IDS = "ids"


class OutputFormatNoIds(StrEnum):
    """How results without ids are printed."""

    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[
    OutputFormat, typer.Option("--output", "-o", help="Output format; --json is short for -o json.")
]
OutputOptionNoIds = Annotated[
    OutputFormatNoIds, typer.Option("--output", "-o", help="Output format; --json is short for -o json.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]

IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="Enqueue only once: repeating the call with the same KEY within 24 hours returns the same ids.",
    ),
]


def parse_idempotency_key(text: str | None) -> str | None:
    """The value of --idempotency-key. Raises Failure if the API or an HTTP header would not accept it."""
    if text is not None and not re.fullmatch(r"[ !#-\[\]-~]{1,255}", text):
        raise Failure("--idempotency-key: must be 1 to 255 ASCII characters without quotes and backslashes", USAGE)
    return text


def parse_option(option: str, text: str, parser: Callable[[str], Value]) -> Value:
    """The parsed value of an option. Raises Failure, which names the option, if the parser raises ValueError."""
    try:
        return parser(text)
    except ValueError as fault:
        raise Failure(f"{option} {text!r}: {fault}", USAGE) from fault
