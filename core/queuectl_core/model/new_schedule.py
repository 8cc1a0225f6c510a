"""The fields of a new schedule, and their constraints."""

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from queuectl_core.model.errors import InvalidSchedule, meant
from queuectl_core.model.new_job import YEAR, Command, Instant, JobSettings, Name, Number, nullable
from queuectl_core.model.schedule import CatchUp, Overlap, Schedule
from queuectl_core.model.schedule_times import ALIASES, DAY, EPOCH

Model = TypeVar("Model", bound=BaseModel)

CRON_FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of the month": "1 to 31",
    "month": "1 to 12 or JAN to DEC",
    "day of the week": "0 to 7 or SUN to SAT",
}


def _cron(expression: str) -> str:
    words = expression.split()
    if expression.strip().lower() in ALIASES:
        return expression
    if expression.startswith("@"):
        raise _refused("cron", f"is no alias: the aliases are {', '.join(ALIASES)}; for intervals, use every")
    if len(words) == 6:
        raise _refused("cron", "has six fields, and seconds are not supported: use every (in seconds) for intervals")
    if len(words) != 5:
        raise _refused("cron", f"must have five fields ({', '.join(CRON_FIELDS)}), not {len(words)}")
    for place, (name, numbers) in enumerate(CRON_FIELDS.items()):
        alone = ["0", "0", "*", "*", "*"]
        alone[place] = words[place]
        if not _is_valid(" ".join(alone)):
            raise _refused("cron", f"has an invalid {name} '{words[place][:40]}': use {numbers}, or * for any")
    if not _is_valid(expression):
        raise _refused("cron", "never comes: none of its months has such a day")
    return expression


def _is_valid(expression: str) -> bool:
    try:
        CronSim(expression, EPOCH)
    except (CronSimError, ValueError, TypeError, AssertionError):
        return False
    return True


def _timezone(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name) or not _exists(name):
        hint = meant(name, _zones())
        raise _refused("timezone", f"is no time zone{hint}: use a name such as UTC or Europe/Berlin")
    return name


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):  # an unknown zone is a KeyError
        return False
    return True


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def _refused(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


CronExpression = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Five fields: minute, hour, day of the month, month, day of the week; or an alias such as @daily.",
        examples=["30 2 * * *"],
    ),
    AfterValidator(_cron),
]
Timezone = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="The time zone of `cron`, by its IANA name.",
        examples=["Europe/Berlin"],
    ),
    AfterValidator(_timezone),
]
Interval = Annotated[
    int, Field(ge=1, le=YEAR, description="Whole seconds from one time to the next, instead of `cron`."), Number
]
Jitter = Annotated[
    float,
    Field(
        ge=0,
        le=DAY,
        description="Each time is delayed by up to this many seconds: always by the same for one time, and never beyond"
        " the next time.",
    ),
    Number,
]
Window = Annotated[
    float,
    Field(ge=60, le=YEAR, description="Seconds after which a time is missed, whatever `catch_up` says."),
    Number,
]
Deaths = Annotated[
    int, Field(ge=1, le=100, description="Pause when this many consecutive jobs have died; null: never."), Number
]
CATCH_UP = "Which of several due times fire, after nothing was running for a while."
OVERLAP = "What a time does while an earlier job of the schedule has not ended. One that awaits a retry has not."
FROM = "No time before it fires."
UNTIL = "No time at it or later fires."


class ScheduleRules(BaseModel):
    """When a schedule fires, and what decides that it does not. Unknown fields are rejected."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cron: CronExpression | None = None
    every: Interval | None = None
    timezone: Timezone = "UTC"
    catch_up: CatchUp = Field(CatchUp.LATEST, description=CATCH_UP)
    catch_up_window: Window = float(DAY)
    overlap: Overlap = Field(Overlap.SKIP, description=OVERLAP)
    jitter: Jitter = 0
    starts_at: Instant | None = Field(None, alias="from", description=FROM)
    ends_at: Instant | None = Field(None, alias="until", description=UNTIL)
    pause_after: Deaths | None = None

    def rules(self) -> dict[str, Any]:
        """The given fields of these, as in Schedule."""
        rules = {name: getattr(self, name) for name in self.model_fields_set & ScheduleRules.model_fields.keys()}
        return {name: value.timestamp() if isinstance(value, datetime) else value for name, value in rules.items()}


class NewSchedule(ScheduleRules):
    """A schedule to create. Exactly one of `cron` and `every` is given. Unknown fields are rejected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "nightly", "cron": "30 2 * * *", "job": {"command": "/srv/nightly.sh"}}]
        },
    )

    name: Name
    job: JobSettings = Field(description="The settings of its jobs, as in a new job.")

    def values(self) -> dict[str, Any]:
        """The given fields, as in Schedule, without the name."""
        return self.rules() | {"job": self.job.settings()}


def _all_optional(schema: dict[str, Any]) -> None:
    """Remove defaults: an omitted field remains unchanged."""
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["minProperties"] = 1


def _all_settings_optional(schema: dict[str, Any]) -> None:
    nullable(schema)
    _all_optional(schema)


class JobSettingsChange(JobSettings):
    """Changes to the settings of a schedule's jobs: at least one field. Null resets one, except `command`."""

    model_config = ConfigDict(json_schema_extra=_all_settings_optional)

    command: Command = ""

    @field_validator("unique_for", "on_conflict")
    @classmethod
    def _only_with_a_key(cls, given: object, _info: ValidationInfo) -> object:
        """The schedule may have the key already: see `check`."""
        return given

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        return _given(self)


class ScheduleChange(ScheduleRules):
    """Changes to a schedule: at least one field; those that are left out stay unchanged.

    `cron` replaces `every`, and the other way round. Of `job`, only the given fields are changed; null resets one.
    """

    model_config = ConfigDict(json_schema_extra=_all_optional)

    job: JobSettingsChange | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        return _given(self)

    def values(self) -> dict[str, Any]:
        """The given fields, as in Schedule. `job`: only its given fields."""
        values = self.rules()
        if self.cron is not None and self.every is None:
            values["every"] = None
        if self.every is not None and self.cron is None:
            values["cron"] = None
        return values | ({"job": self.job.settings()} if self.job else {})


def _given(change: Model) -> Model:
    if not change.model_fields_set:
        raise _refused("nothing", "must contain at least one field to change")
    return change


def check(schedule: Schedule) -> None:
    """Check that its fields fit together; raises InvalidSchedule."""
    if (schedule.cron is None) == (schedule.every is None):
        raise InvalidSchedule("every", schedule.every, "give one of cron and every")
    begin, end = schedule.starts_at, schedule.ends_at
    if begin is not None and end is not None and end <= begin:
        raise InvalidSchedule("until", None, "must be later than from: choose a later until, or an earlier from")
    if schedule.job.get("unique") is None:
        for field in ("unique_for", "on_conflict"):
            if schedule.job.get(field) is not None:
                raise InvalidSchedule(f"job.{field}", None, "requires unique: give a key as well, or set this to null")
