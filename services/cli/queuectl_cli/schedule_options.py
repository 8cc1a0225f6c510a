"""The options that describe when a schedule fires, declared once for the commands that create or change one."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from queuectl_cli.failure import USAGE, Failure
from queuectl_cli.json_options import JsonField, json_fields, with_options
from queuectl_cli.time_formats import parse_duration, parse_future

NONE = "none"
"""What removes an optional value."""


class CatchUp(StrEnum):
    """Which of several due times fire."""

    LATEST = "latest"
    NONE = "none"
    ALL = "all"


class Overlap(StrEnum):
    """What a time does while an earlier job has not ended."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"
    REPLACE = "replace"


def _interval(text: str) -> float:
    """Seconds; an int if they are whole, as the API wants them."""
    seconds = parse_duration(text)
    return int(seconds) if seconds.is_integer() else seconds


def _time_or_none(text: str) -> str | None:
    return None if text == NONE else parse_future(text)


def _number_or_none(text: str) -> int | None:
    if text == NONE:
        return None
    try:
        return int(text)
    except ValueError as fault:
        raise ValueError(f"must be a whole number, or '{NONE}'") from fault


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """The options in the order of the help; None means not given."""

    cron: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR",
            help="Five fields: minute, hour, day of the month, month, day of the week; or an alias such as @daily.",
        ),
    ] = None
    every: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Time from one fire to the next, e.g. 15m, instead of --cron."),
        JsonField(parse=_interval),
    ] = None
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Time zone of --cron, e.g. Europe/Berlin; UTC by default.")
    ] = None
    catch_up: Annotated[
        CatchUp | None,
        typer.Option(help="Which of several due times fire, after nothing was running for a while. Default: latest."),
    ] = None
    catch_up_window: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Time after which a fire is missed. Default: 24h."),
        JsonField(parse=parse_duration),
    ] = None
    overlap: Annotated[
        Overlap | None,
        typer.Option(help="What a time does while an earlier job has not ended. Default: skip."),
    ] = None
    jitter: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Delay each fire by up to this long, e.g. 5m."),
        JsonField(parse=parse_duration),
    ] = None
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Do not fire before, e.g. 2026-01-31 or '2026-01-31 09:30'."),
        JsonField("from", _time_or_none),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Do not fire at this time or later."),
        JsonField("until", _time_or_none),
    ] = None
    pause_after: Annotated[
        str | None,
        typer.Option(metavar="N", help="Pause when N consecutive jobs have died."),
        JsonField(parse=_number_or_none),
    ] = None

    def to_json(self) -> dict[str, Any]:
        """The fields of the schedule's JSON that were given. Raises Failure, which names the option."""
        if self.cron is not None and self.every is not None:
            raise Failure("give either --cron or --every, not both", USAGE)
        return dict(json_fields(self))


with_schedule_options = partial(with_options, "schedule", ScheduleOptions)
"""Replace a command's parameter `schedule: ScheduleOptions` by the options themselves; see with_options."""
