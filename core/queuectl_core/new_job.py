"""What may be enqueued: the one place where a job's fields and their limits stand."""

import math
import re
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

from queuectl_core.allowed import ENTRY

COMMAND_BYTES = 65_536
JOB_BYTES = 4 << 20
"""Of a job as JSON: its command and the largest environment. Linux starts no process with much more than half of it."""

COMMANDS_BYTES = 2 << 20
"""Of a queue's list of commands as JSON: 100 of 1000 characters, however they are written."""

BLANK = " \t\n\r\f\v"
YEAR = 31_536_000


def _command(command: str) -> str:
    if not command.strip(BLANK):
        raise PydanticCustomError("command", "must hold a command: it is empty")
    if "\0" in command:
        raise PydanticCustomError("command", "must not contain a NUL character")
    try:
        size = len(command.encode())
    except UnicodeEncodeError:
        raise PydanticCustomError("command", "must be valid Unicode: it holds a lone surrogate") from None
    if size > COMMAND_BYTES:
        raise PydanticCustomError(
            "command",
            "must be at most {limit} bytes, not {size}: put a longer one into a script",
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
    """Numbers only: pydantic would take "3" and true as well, and NaN and infinity as floats."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number", "must be a number, not {kind}", {"kind": type(value).__name__})
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("number", "must be a finite number")
    return value


def _instant(value: object) -> object:
    """RFC 3339 only: pydantic would take a number as seconds since the epoch, also as text."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and re.match(r"\d{4}-", value)):
        raise PydanticCustomError("instant", "must be a time as in 2026-01-31T09:30:00Z")
    return value


def _within_the_calendar(moment: datetime) -> datetime:
    """Read back as UTC: a zone, or rounding to a float, may put it out of the years that there are."""
    try:
        datetime.fromtimestamp(moment.timestamp(), UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("instant", "must be in the years 1 to 9999, also in UTC") from None
    return moment


def _environment(env: dict[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,254}", name) or name.startswith("QUEUECTL_"):
            raise PydanticCustomError(
                "env",
                "has the name {name}: names are letters, digits and _, and QUEUECTL_… is the queue's own",
                {"name": repr(name[:80])},
            )
        if "\0" in value or len(value) > 32_768 or (not value.isascii() and not _encodes(value)):
            raise PydanticCustomError(
                "env", "has a bad value for {name}: at most 32768 characters, no NUL", {"name": name}
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
        raise PydanticCustomError("cwd", "must be an absolute path, as in /srv/media")
    return path


def _unicode(text: str) -> str:
    if not _encodes(text):
        raise PydanticCustomError("unicode", "must be valid Unicode: it holds a lone surrogate")
    return text


JOB_ID = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ID_RULE = "1 to 128 letters, digits, '.', '_', ':' or '-', beginning with a letter or digit"
_NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"

JobId = Annotated[str, _matching(JOB_ID, _ID_RULE), Field(json_schema_extra={"pattern": f"^{JOB_ID}$"})]
Name = Annotated[str, _matching(NAME, _NAME_RULE), Field(json_schema_extra={"pattern": f"^{NAME}$"})]
_Number = BeforeValidator(_number)
Priority = Annotated[int, Field(ge=-1000, le=1000), _Number]
Retries = Annotated[int, Field(ge=0, le=1000), _Number]
JobLimit = Annotated[int, Field(ge=1, le=100_000), _Number]  # of a queue
Base = Annotated[float, Field(ge=0, le=1000), _Number]
Delay = Annotated[float, Field(ge=0, le=YEAR), _Number]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_within_the_calendar)]
Timeout = Annotated[float, Field(gt=0, le=YEAR), _Number]
Directory = Annotated[
    str, Field(max_length=4096, json_schema_extra={"pattern": r"^/[^\x00]*$"}), AfterValidator(_directory)
]
Entry = Annotated[
    str,
    Field(max_length=1000, json_schema_extra={"pattern": f"^{ENTRY}$"}),
    _matching(ENTRY, "one line without '*', a program's name or absolute path and ' *' as in 'ffmpeg *', or '*' alone"),
    AfterValidator(_unicode),
]
Entries = Annotated[list[Entry], Field(max_length=100)]  # the commands that a queue takes

Command = Annotated[
    str,
    Field(
        description="Run by /bin/sh -c with empty standard input.",
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


Bytes = Annotated[int, Field(ge=1, le=1 << 50), _Number]


class Limits(BaseModel):
    """What an attempt may use before it is stopped; null: any amount."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"memory": 1 << 30, "processes": 50}]})

    memory: Bytes | None = Field(None, description="Resident bytes of its processes together.")
    processes: Annotated[int, Field(ge=1, le=1_000_000), _Number] | None = Field(
        None, description="Its processes at once."
    )
    cpu: Annotated[float, Field(gt=0, le=YEAR), _Number] | None = Field(
        None, description="Seconds of CPU time of its processes together."
    )
    file_size: Bytes | None = Field(None, description="Bytes of each file that it writes; its output is one.")


class JobFields(BaseModel):
    """What a person sets of a job. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    command: Command
    queue: Name = Field("default", description="The queue it waits in.")
    priority: Priority = Field(0, description="Higher ones run first.")
    run_at: Instant | None = Field(
        None, description="Not before this time (RFC 3339, with a zone).", examples=["2026-12-24T18:00:00Z"]
    )
    delay: Delay | None = Field(None, description="Not before so many seconds from now.")
    max_retries: Retries | None = Field(None, description="Attempts after the first; else the config's.")
    backoff_base: Base | None = Field(None, description="Seconds to the power of attempts made; else the config's.")
    timeout: Timeout | None = Field(None, description="Seconds an attempt may run; else the config's.")
    env: Annotated[dict[str, str], AfterValidator(_environment)] = Field(
        default_factory=dict,
        max_length=100,
        description="Added to the command's environment.",
        json_schema_extra={
            "propertyNames": {"pattern": "^(?!QUEUECTL_)[A-Za-z_][A-Za-z0-9_]{0,254}$"},
            "additionalProperties": {"type": "string", "maxLength": 32_768, "pattern": r"^[^\x00]*$"},
        },
    )
    cwd: Directory | None = Field(None, description="The directory in which the command starts.")
    tags: list[Name] = Field(default_factory=list, max_length=20, description="Words to find it by.")
    limits: Limits | None = Field(None, description="The config may set lower ones.")
    sandbox: bool = Field(
        False, strict=True, description="Run it with nothing to write to but a /tmp of its own, and without network."
    )

    @field_validator("delay")
    @classmethod
    def _one_start(cls, delay: float | None, info: ValidationInfo) -> float | None:
        """Of the field that comes second: a validator of the whole would be called for each job of a batch."""
        if delay is not None and info.data.get("run_at") is not None:
            raise PydanticCustomError("start", "run_at and delay exclude each other: give one of them")
        return delay

    def due_at(self, now: float) -> float:
        """Seconds since the epoch before which it must not run."""
        if self.run_at is not None:
            return self.run_at.timestamp()
        return now + (self.delay or 0)


class NewJob(JobFields):
    """A job to enqueue. Unknown fields are refused; None is the same as leaving a field out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"command": "ffmpeg -i in.mov out.mp4", "queue": "media", "max_retries": 5}],
            **ONE_START,
        },
    )

    id: JobId | None = Field(None, description="Left out: one that sorts by time is given.")


def _all_optional(schema: dict[str, Any]) -> None:
    """What is left out has no default: it stays as it is."""
    for field in schema["properties"].values():
        field.pop("default", None)
    schema.update(ONE_START, minProperties=1, examples=[{"command": "ffmpeg -i in.mov out.webm", "priority": 5}])


class JobChange(JobFields):
    """What to change in a job that waits: at least one field. Null, where allowed, is as in a new job without it."""

    # model_fields_set tells what was given.
    model_config = ConfigDict(json_schema_extra=_all_optional)

    command: Command = ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "must hold at least one field to change")
        return self
