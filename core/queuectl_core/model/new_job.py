"""The fields of a new job and their constraints, defined once."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from queuectl_core.model.allowed import ENTRY
from queuectl_core.model.lock import LOCK_KEY
from queuectl_core.model.unique import OnConflict

COMMAND_BYTES = 65_536
JOB_BYTES = 4 << 20
"""Maximum size of a job as JSON. Linux cannot start a process with arguments and environment larger than half of it."""

COMMANDS_BYTES = 2 << 20
"""Maximum size of an allow-list as JSON: 100 entries of 1000 characters, in any encoding."""

BLANK = " \t\n\r\f\v"
YEAR = 31_536_000


def _command(command: str) -> str:
    if not command.strip(BLANK):
        raise PydanticCustomError("command", "must not be empty")
    if "\0" in command:
        raise PydanticCustomError("command", "must not contain a NUL character")
    try:
        size = len(command.encode())
    except UnicodeEncodeError:
        raise PydanticCustomError("command", "must be valid Unicode: it contains a lone surrogate") from None
    if size > COMMAND_BYTES:
        raise PydanticCustomError(
            "command",
            "must be at most {limit} bytes, not {size}: put long commands into a script",
            {"limit": COMMAND_BYTES, "size": size},
        )
    return command


def _matching(pattern: str, described: str) -> Any:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise PydanticCustomError("pattern", "must be {described}", {"described": described})
        return text

    return AfterValidator(check)


def _number(value: object) -> object:
    """Accept numbers only: pydantic would also accept "3", true, NaN and infinity."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number", "must be a number, not {kind}", {"kind": type(value).__name__})
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("number", "must be a finite number")
    return value


def _null_is(default: Callable[[], object]) -> Any:
    """Treat null like an omitted field; `nullable` declares this in the JSON schema."""
    return BeforeValidator(lambda value: default() if value is None else value)


def _instant(value: object) -> object:
    """Accept RFC 3339 only: pydantic would also accept seconds since the epoch, even as text."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and re.match(r"\d{4}-", value)):
        raise PydanticCustomError("instant", "must be a time such as 2026-01-31T09:30:00Z")
    return value


def _within_supported_years(moment: datetime) -> datetime:
    """Check the year in UTC: a UTC offset, or rounding to a float, may move it out of the supported range."""
    try:
        datetime.fromtimestamp(moment.timestamp(), UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant", "must be in the years 1 to 9999 in UTC") from None
    return moment


def _environment(env: dict[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,254}", name) or name.startswith("QUEUECTL_"):
            raise PydanticCustomError(
                "env",
                "has the invalid name {name}: use letters, digits and _; names starting with QUEUECTL_ are reserved",
                {"name": repr(name[:80])},
            )
        if "\0" in value or len(value) > 32_768 or (not value.isascii() and not _encodes(value)):
            raise PydanticCustomError(
                "env", "has an invalid value for {name}: use at most 32768 characters, without NUL", {"name": name}
            )
    return env


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _directory(path: str) -> str:
    if not path.startswith("/") or "\0" in path or not _encodes(path):
        raise PydanticCustomError("cwd", "must be an absolute path such as /srv/media")
    return path


def _unicode(text: str) -> str:
    if not _encodes(text):
        raise PydanticCustomError("unicode", "must be valid Unicode: it contains a lone surrogate")
    return text


def _description(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("description", "must not contain a NUL character")
    return _unicode(text)


JOB_ID = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ID_RULE = "1 to 128 letters, digits, '.', '_', ':' or '-', beginning with a letter or digit"
_NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"

JobId = Annotated[str, _matching(JOB_ID, _ID_RULE), Field(json_schema_extra={"pattern": f"^{JOB_ID}$"})]
Name = Annotated[str, _matching(NAME, _NAME_RULE), Field(json_schema_extra={"pattern": f"^{NAME}$"})]
Number = BeforeValidator(_number)
Priority = Annotated[int, Field(ge=-1000, le=1000), Number]
Retries = Annotated[int, Field(ge=0, le=1000), Number]
JobLimit = Annotated[int, Field(ge=1, le=100_000), Number]  # of a queue
Base = Annotated[float, Field(ge=0, le=1000), Number]
Delay = Annotated[float, Field(ge=0, le=YEAR), Number]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_within_supported_years)]
Timeout = Annotated[float, Field(gt=0, le=YEAR), Number]
Directory = Annotated[
    str, Field(max_length=4096, json_schema_extra={"pattern": r"^/[^\x00]*$"}), AfterValidator(_directory)
]
Entry = Annotated[
    str,
    Field(max_length=1000, json_schema_extra={"pattern": f"^{ENTRY}$"}),
    _matching(ENTRY, "one line without '*', a program name or absolute path followed by ' *', or '*' alone"),
    AfterValidator(_unicode),
]
Entries = Annotated[list[Entry], Field(max_length=100)]  # the allow-list of a queue

UNIQUE_KEY_LENGTH = 200


def _unique_key(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("unique_key", "must not be blank")
    if "\0" in text:
        raise PydanticCustomError("unique_key", "must not contain a NUL character")
    return _unicode(text)


UniqueKey = Annotated[
    str,
    Field(min_length=1, max_length=UNIQUE_KEY_LENGTH, json_schema_extra={"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}),
    AfterValidator(_unique_key),
]
UniqueFor = Annotated[float, Field(ge=1, le=YEAR), Number]
Description = Annotated[
    str, Field(max_length=500, json_schema_extra={"pattern": r"^[^\x00]*$"}), AfterValidator(_description)
]

Command = Annotated[
    str,
    Field(
        description="Run by /bin/sh -c, with empty standard input.",
        examples=["echo hello"],
        json_schema_extra={
            "minLength": 1,
            "maxLength": COMMAND_BYTES,
            "pattern": r"^[^\x00]*[^ \t\n\r\f\v\x00][^\x00]*$",
        },
    ),
    AfterValidator(_command),
]

ONE_START: dict[str, Any] = {
    "not": {
        "properties": {"run_at": {"type": "string"}, "delay": {"type": "number"}},
        "required": ["run_at", "delay"],
    }
}

NO_KEY: dict[str, Any] = {
    "allOf": [
        {"not": {"properties": {field: {"type": kind}, "unique": {"type": "null"}}, "required": [field]}}
        for field, kind in (("unique_for", "number"), ("on_conflict", "string"))
    ]
}
"""What UniqueFields refuses."""


LockKey = Annotated[
    str,
    _matching(LOCK_KEY, "1 to 128 letters, digits or any of . _ : / @ + -, beginning with a letter or digit"),
    Field(json_schema_extra={"pattern": f"^{LOCK_KEY}$"}),
]


class Lock(BaseModel):
    """At most `limit` jobs with the same key run at once, over all queues and workers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"key": "db", "limit": 3}]})

    key: LockKey
    limit: JobLimit = Field(1, description="1: a mutex; more: a semaphore.")


def _as_lock(given: object) -> object:
    return {"key": given} if isinstance(given, str) else given


def _or_key(schema: dict[str, Any]) -> None:
    """A lock may be given as its key."""
    schema["anyOf"].insert(0, {"type": "string", "pattern": f"^{LOCK_KEY}$"})


Bytes = Annotated[int, Field(ge=1, le=1 << 50), Number]


class Limits(BaseModel):
    """Resource limits. An attempt that exceeds one is stopped; null: no limit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"memory": 1 << 30, "processes": 50}]})

    memory: Bytes | None = Field(None, description="Resident memory of all its processes, in bytes.")
    processes: Annotated[int, Field(ge=1, le=1_000_000), Number] | None = Field(
        None, description="Number of processes at a time."
    )
    cpu: Annotated[float, Field(gt=0, le=YEAR), Number] | None = Field(
        None, description="CPU time of all its processes, in seconds."
    )
    file_size: Bytes | None = Field(
        None, description="Size of each file it writes, in bytes. Its output does not count."
    )


def nullable(schema: dict[str, Any]) -> None:
    """Every optional field may be null."""
    for name in ("queue", "priority", "env", "tags", "sandbox"):
        field = schema["properties"][name]
        kind = {key: field.pop(key) for key in [*field] if key not in ("title", "description", "default")}
        field["anyOf"] = [kind, {"type": "null"}]


class UniqueFields(BaseModel):
    """The fields with which a job is enqueued only once."""

    unique: UniqueKey | None = Field(
        None,
        description="A key that at most one job holds at a time: until it has ended, or for `unique_for`.",
        examples=["report-2026-01"],
    )
    unique_for: UniqueFor | None = Field(
        None, description="Seconds from the enqueue for which the job holds its key, whether it has ended or not."
    )
    on_conflict: OnConflict | None = Field(
        None,
        description="What to do while another job holds the key: `return` that job, `reject` this one, or `replace` the"
        " settings of that job if it waits. Default: return.",
    )

    @field_validator("unique_for", "on_conflict")
    @classmethod
    def _only_with_a_key(cls, given: object, info: ValidationInfo) -> object:
        if given is not None and "unique" in info.data and info.data["unique"] is None:
            raise PydanticCustomError("unique", "requires unique: give a key as well, or leave this out")
        return given


class JobBase(BaseModel):
    """The settings of a job that can be changed, except when it runs."""

    # errors may be logged, and `env` is secret
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra=nullable)

    command: Command
    queue: Annotated[Name, _null_is(lambda: "default")] = Field("default", description="The queue the job waits in.")
    priority: Annotated[Priority, _null_is(int)] = Field(0, description="Jobs with a higher priority run first.")
    max_retries: Retries | None = Field(None, description="Attempts after the first. Default: the setting max-retries.")
    backoff_base: Base | None = Field(
        None, description="The delay after attempt n is this number of seconds to the power n. Default: backoff-base."
    )
    timeout: Timeout | None = Field(None, description="Seconds an attempt may run. Default: the setting timeout.")
    env: Annotated[dict[str, str], AfterValidator(_environment), _null_is(dict)] = Field(
        default_factory=dict,
        max_length=100,
        description="Added to the command's environment.",
        json_schema_extra={
            "propertyNames": {"pattern": "^(?!QUEUECTL_)[A-Za-z_][A-Za-z0-9_]{0,254}$"},
            "additionalProperties": {"type": "string", "maxLength": 32_768, "pattern": r"^[^\x00]*$"},
        },
    )
    cwd: Directory | None = Field(None, description="The command's working directory.")
    tags: Annotated[list[Name], _null_is(list)] = Field(
        default_factory=list, max_length=20, description="Labels to find the job by."
    )
    limits: Limits | None = Field(None, description="Resource limits. Lower limits in the settings take precedence.")
    description: Description | None = Field(None, description="Free text for people, for example what the job is for.")
    lock: Annotated[Lock, BeforeValidator(_as_lock)] | None = Field(
        None,
        description="What it holds while it runs: a key, or an object with a `key` and a `limit`. At most `limit` jobs"
        " with that key run at once.",
        json_schema_extra=_or_key,
    )
    sandbox: Annotated[bool, _null_is(bool)] = Field(
        False, strict=True, description="Run without network, and with a private /tmp as the only writable directory."
    )

    def settings(self) -> dict[str, Any]:
        """The given fields as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


class JobSettings(UniqueFields, JobBase):
    """The settings of a job, except when it runs. Unknown fields are rejected; null is the same as omitting a field."""


class JobFields(JobBase):
    """The settings of a job that can be changed. Unknown fields are rejected; null is the same as omitting a field."""

    run_at: Instant | None = Field(
        None, description="Earliest start time (RFC 3339, with a UTC offset).", examples=["2026-12-24T18:00:00Z"]
    )
    delay: Delay | None = Field(None, description="Seconds to wait before the first attempt.")

    @field_validator("delay")
    @classmethod
    def _one_start(cls, delay: float | None, info: ValidationInfo) -> float | None:
        """Validates the later of two fields: a model validator would run for every job of a batch."""
        if delay is not None and info.data.get("run_at") is not None:
            raise PydanticCustomError("start", "run_at and delay are mutually exclusive")
        return delay

    def due_at(self, now: float) -> float:
        """The earliest start time, in seconds since the epoch."""
        if self.run_at is not None:
            return self.run_at.timestamp()
        return now + (self.delay or 0)


def _new(schema: dict[str, Any]) -> None:
    nullable(schema)
    schema.update(
        ONE_START, **NO_KEY, examples=[{"command": "ffmpeg -i in.mov out.mp4", "queue": "media", "max_retries": 5}]
    )


class NewJob(UniqueFields, JobFields):
    """A job to enqueue. Unknown fields are rejected; null is the same as omitting a field."""

    model_config = ConfigDict(json_schema_extra=_new)

    id: JobId | None = Field(None, description="Default: a generated id that sorts by time.")


def _all_optional(schema: dict[str, Any]) -> None:
    """Remove defaults: an omitted field remains unchanged."""
    nullable(schema)
    for field in schema["properties"].values():
        field.pop("default", None)
    schema.update(ONE_START, minProperties=1, examples=[{"command": "ffmpeg -i in.mov out.webm", "priority": 5}])


class JobChange(JobFields):
    """Changes to a waiting job: at least one field. Null resets a field to its default, except `command`."""

    # model_fields_set contains the given fields.
    model_config = ConfigDict(json_schema_extra=_all_optional)

    command: Command = ""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "must contain at least one field to change")
        return self
