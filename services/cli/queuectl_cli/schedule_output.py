"""Schedules and their fires as people read them: times are in the zone of the schedule, with its offset."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from queuectl_cli.locks import format_lock
from queuectl_cli.output import age, print_table, say_field
from queuectl_cli.resource_limits import format_limits
from queuectl_cli.time_formats import format_duration

Item = Mapping[str, Any]

COLUMNS = ("NAME", "STATE", "RULE", "NEXT", "LAST", "OUTCOME", "COMMAND")


def row(schedule: Item) -> tuple[object, ...]:
    """A line of the list."""
    last = schedule["last"]
    return (
        schedule["name"],
        _state(schedule),
        rule(schedule),
        in_zone(schedule, schedule["next_scheduled_at"]),
        age(last["scheduled_at"]) if last else "never",
        last["outcome"] if last else "",
        schedule["job"]["command"],
    )


def rule(schedule: Item) -> str:
    """When it fires: `every 15m`, or the cron expression and its zone."""
    if schedule["cron"] is None:
        return f"every {format_duration(schedule['every'])}"
    return f"{schedule['cron']} {schedule['timezone']}"


def in_zone(schedule: Item, instant: str | None) -> str:
    """The time in the schedule's zone, in UTC if this machine does not know that; empty for None."""
    if instant is None:
        return ""
    moment = datetime.fromisoformat(instant).astimezone(_zone(schedule["timezone"]))
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def next_time(schedule: Item) -> str:
    """A part of a sentence: when it fires next."""
    if schedule["paused"]:
        return "it is paused"
    instant = schedule["next_scheduled_at"]
    if instant is None:
        return "no time is to come"
    return f"next at {in_zone(schedule, instant)} ({age(instant)})"


def print_schedule(schedule: Item) -> None:
    """All its fields."""
    say_field("name", schedule["name"])
    say_field("state", _state(schedule) + (f": {schedule['pause_reason']}" if schedule["pause_reason"] else ""))
    say_field("rule", rule(schedule))
    for name, value in schedule["job"].items():
        if value is not False and value not in (None, [], {}):
            say_field(name.replace("_", " "), _format(name, value))
    say_field("catch up", f"{schedule['catch_up']}, for {format_duration(schedule['catch_up_window'])}")
    say_field("overlap", schedule["overlap"])
    if schedule["jitter"]:
        say_field("jitter", f"up to {format_duration(schedule['jitter'])}")
    if schedule["pause_after"]:
        say_field("pause after", f"{schedule['pause_after']} dead jobs in a row")
    for name in ("from", "until", "created_at", "updated_at"):
        if schedule[name]:
            say_field(name.replace("_", " "), in_zone(schedule, schedule[name]))


def print_times(schedule: Item, times: Sequence[Item]) -> None:
    """A table of times to come."""
    print_table(
        ("NEXT", "DAY", "IN", "FIRES AT"),
        [
            (
                in_zone(schedule, time["scheduled_at"]),
                datetime.fromisoformat(time["scheduled_at"]).astimezone(_zone(schedule["timezone"])).strftime("%a"),
                age(time["scheduled_at"]).removeprefix("in "),
                in_zone(schedule, time["fires_at"]),
            )
            for time in times
        ],
    )


def print_fires(schedule: Item, fires: Sequence[Item]) -> None:
    """A table of fires."""
    print_table(
        ("SCHEDULED AT", "OUTCOME", "JOB", "DETAIL"),
        [
            (in_zone(schedule, fire["scheduled_at"]), fire["outcome"], fire["job"] or "", _detail(schedule, fire))
            for fire in fires
        ],
    )


def _detail(schedule: Item, fire: Item) -> str:
    several = [f"all until {in_zone(schedule, fire['until'])}"] if fire["until"] else []
    return ": ".join([*several, *([fire["detail"]] if fire["detail"] else [])])


def _state(schedule: Item) -> str:
    if schedule["paused"]:
        return "paused"
    return "active" if schedule["next_scheduled_at"] else "ended"


def _format(name: str, value: Any) -> str:
    if name == "limits":
        return ", ".join(format_limits(value))
    if name == "lock":
        return format_lock(value)
    if isinstance(value, dict):
        return " ".join(f"{key}={text}" for key, text in value.items())
    return ", ".join(value) if isinstance(value, list) else f"{value:.15g}" if isinstance(value, float) else str(value)
