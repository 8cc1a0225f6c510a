"""The settings that live in the database and can be changed while everything runs."""

from dataclasses import dataclass
from typing import TypeAlias

from queuectl_core.errors import InvalidConfigValue, UnknownConfigKey

YEAR = 31_536_000.0

DEFAULT_COMMANDS = "default-commands"

Value: TypeAlias = float | list[str] | None


@dataclass(frozen=True, slots=True)
class Number:
    """A setting that is a number: its default, bounds (both allowed) and meaning."""

    key: str
    default: float
    minimum: float
    maximum: float
    unit: str
    description: str
    whole: bool = False

    def check(self, value: object) -> float:
        """`value` as a number within the bounds; raises InvalidConfigValue with the way out."""
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
    """A setting that is a list of the commands that are allowed, see `allowed`, or None: all."""

    key: str
    description: str
    default: None = None

    def check(self, value: object) -> list[str] | None:
        """`value` as such a list; raises InvalidConfigValue, which names the entry that is wrong."""
        # Imported here: a worker, which changes no settings, is spared pydantic's models.
        from pydantic import TypeAdapter, ValidationError

        from queuectl_core.new_job import Entries

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
        Number("max-retries", 3, 0, 1000, "retries", "Attempts after the first one; then the job is dead.", True),
        Number("backoff-base", 2, 0, 1000, "seconds", "The delay after attempt n is this number to the power n."),
        Number("backoff-max", 3600, 0, YEAR, "seconds", "No delay between two attempts is longer."),
        Number("backoff-jitter", 0, 0, 1, "share", "The share of each delay that is drawn by chance."),
        Number(
            "timeout",
            0,
            0,
            YEAR,
            "seconds",
            "An attempt that runs longer is stopped and has failed; 0: none.",
        ),
        Number(
            "log-max-bytes",
            134_217_728,
            65_536,
            2**40,
            "bytes",
            "Of a longer output, the first and the last half of this are kept.",
            True,
        ),
        Number(
            "leftover-grace",
            2,
            0,
            86_400,
            "seconds",
            "What a command leaves behind may run on for so long; then it is stopped.",
        ),
        Number("limit-memory", 0, 0, 2**50, "bytes", "Memory of an attempt's processes together; 0: no limit.", True),
        Number("limit-processes", 0, 0, 1_000_000, "processes", "Processes of an attempt at once; 0: no limit.", True),
        Number("limit-cpu", 0, 0, YEAR, "seconds", "CPU time of an attempt's processes together; 0: no limit."),
        Number("limit-file-size", 0, 0, 2**50, "bytes", "Of a file that an attempt writes; 0: no limit.", True),
        Number("sandbox", 0, 0, 1, "yes or no", "1: all commands run in a sandbox, whatever the job says.", True),
        Number(
            "retention",
            0,
            0,
            100 * YEAR,
            "seconds",
            "Completed and cancelled jobs older than this are deleted with their logs; 0: kept.",
        ),
        Commands(DEFAULT_COMMANDS, "The commands that a queue without a list of its own takes; null: all."),
    )
}

NUMBERS = {key: setting for key, setting in SETTINGS.items() if isinstance(setting, Number)}


def setting(key: str) -> Setting:
    """The setting called `key`; raises UnknownConfigKey."""
    try:
        return SETTINGS[key]
    except KeyError:
        raise UnknownConfigKey(key, list(SETTINGS)) from None


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """A setting with its value now; `updated_at` is None while it is the default."""

    setting: Setting
    value: Value
    updated_at: float | None
