"""The settings stored in the database, which can be changed at run time."""

from dataclasses import dataclass
from typing import TypeAlias

from queuectl_core.model.errors import InvalidConfigValue, UnknownConfigKey

YEAR = 31_536_000.0

DEFAULT_COMMANDS = "default-commands"

Value: TypeAlias = float | list[str] | None


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric setting: its default, inclusive bounds and description."""

    key: str
    default: float
    minimum: float
    maximum: float
    unit: str
    description: str
    whole: bool = False

    def check(self, value: object) -> float:
        """`value` as a number within the bounds; raises InvalidConfigValue, which states the bounds."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not self.minimum <= value <= self.maximum
            or (self.whole and value != int(value))
        ):
            kind = "whole number" if self.whole else "number"
            expected = f"a {kind} from {self.minimum:.15g} to {self.maximum:.15g}"
            raise InvalidConfigValue(f"{self.key} must be {expected}", value)
        return int(value) if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class Commands:
    """A setting that is an allow-list of commands, see `allowed`; None: all commands."""

    key: str
    description: str
    default: None = None

    def check(self, value: object) -> list[str] | None:
        """`value` as an allow-list; raises InvalidConfigValue, which names the invalid entry."""
        # Imported here: a worker changes no settings, and does not need pydantic.
        from pydantic import TypeAdapter, ValidationError

        from queuectl_core.model.new_job import Entries

        if value is None:
            return None
        try:
            return TypeAdapter(Entries).validate_python(value)
        except ValidationError as refusal:
            first = refusal.errors()[0]
            raise InvalidConfigValue(first["msg"], first["input"], *first["loc"]) from refusal


Setting: TypeAlias = Number | Commands

SETTINGS: dict[str, Setting] = {
    setting.key: setting
    for setting in (
        Number(
            "max-retries",
            3,
            0,
            1000,
            "retries",
            "Attempts after the first. When they are used up, the job is dead.",
            True,
        ),
        Number("backoff-base", 2, 0, 1000, "seconds", "The delay after attempt n is this number to the power n."),
        Number("backoff-max", 3600, 0, YEAR, "seconds", "The longest delay between two attempts."),
        Number("backoff-jitter", 0, 0, 1, "share", "The fraction of each delay that is random."),
        Number(
            "timeout",
            0,
            0,
            YEAR,
            "seconds",
            "An attempt that runs longer is stopped and fails; 0: no timeout.",
        ),
        Number(
            "log-max-bytes",
            134_217_728,
            65_536,
            2**40,
            "bytes",
            "Output stored per attempt. Of longer output, only the beginning and the end are stored.",
            True,
        ),
        Number(
            "leftover-grace",
            2,
            0,
            86_400,
            "seconds",
            "How long background processes may run after their command has ended, before they are stopped.",
        ),
        Number("limit-memory", 0, 0, 2**50, "bytes", "Memory of all processes of an attempt; 0: no limit.", True),
        Number(
            "limit-processes", 0, 0, 1_000_000, "processes", "Number of processes of an attempt; 0: no limit.", True
        ),
        Number("limit-cpu", 0, 0, YEAR, "seconds", "CPU time of all processes of an attempt; 0: no limit."),
        Number("limit-file-size", 0, 0, 2**50, "bytes", "Size of each file that an attempt writes; 0: no limit.", True),
        Number(
            "sandbox",
            0,
            0,
            1,
            "yes or no",
            "1: all commands run in a sandbox, even if the job does not ask for it.",
            True,
        ),
        Number(
            "retention",
            0,
            0,
            100 * YEAR,
            "seconds",
            "Completed and cancelled jobs are deleted with their logs after this time; 0: never.",
        ),
        Commands(DEFAULT_COMMANDS, "The commands allowed in queues without an allow-list of their own; null: all."),
    )
}

NUMBERS = {key: setting for key, setting in SETTINGS.items() if isinstance(setting, Number)}


def setting(key: str) -> Setting:
    """The setting `key`; raises UnknownConfigKey."""
    try:
        return SETTINGS[key]
    except KeyError:
        raise UnknownConfigKey(key, list(SETTINGS)) from None


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """A setting with its current value; `updated_at` is None if that is the default."""

    setting: Setting
    value: Value
    updated_at: float | None
