"""The settings that live in the database and can be changed while everything runs."""

import math
from dataclasses import dataclass

from queuectl_core.errors import InvalidConfigValue, UnknownConfigKey

YEAR = 31_536_000.0


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of `queuectl config`: its default, bounds (both allowed) and meaning."""

    key: str
    default: float
    minimum: float
    maximum: float
    unit: str
    description: str
    whole: bool = False

    def check(self, value: object) -> float:
        """`value` as a number within the bounds; raises InvalidConfigValue with the way out."""
        expected = f"a {'whole ' if self.whole else ''}number from {self.minimum:.15g} to {self.maximum:.15g}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidConfigValue(f"{self.key} must be {expected}, not {value!r}")
        if not self.minimum <= value <= self.maximum or (self.whole and value != int(value)):
            raise InvalidConfigValue(f"{self.key} must be {expected}, not {value:.15g}")
        return int(value) if self.whole else float(value)


SETTINGS = {
    setting.key: setting
    for setting in (
        Setting("max-retries", 3, 0, 1000, "retries", "Attempts after the first one; then the job is dead.", True),
        Setting("backoff-base", 2, 0, 1000, "seconds", "The delay after attempt n is this number to the power n."),
        Setting("backoff-max", 3600, 0, YEAR, "seconds", "No delay between two attempts is longer."),
        Setting("backoff-jitter", 0, 0, 1, "share", "The share of each delay that is drawn by chance."),
        Setting(
            "timeout",
            0,
            0,
            YEAR,
            "seconds",
            "An attempt that runs longer is stopped and has failed; 0: none.",
        ),
        Setting(
            "log-max-bytes",
            134_217_728,
            65_536,
            2**40,
            "bytes",
            "Of a longer output, the first and the last half of this are kept.",
            True,
        ),
        Setting("limit-memory", 0, 0, 2**50, "bytes", "Memory of an attempt's processes together; 0: no limit.", True),
        Setting("limit-processes", 0, 0, 1_000_000, "processes", "Processes of an attempt at once; 0: no limit.", True),
        Setting("limit-cpu", 0, 0, YEAR, "seconds", "CPU time of an attempt's processes together; 0: no limit."),
        Setting("limit-file-size", 0, 0, 2**50, "bytes", "Of a file that an attempt writes; 0: no limit.", True),
        Setting("sandbox", 0, 0, 1, "yes or no", "1: all commands run in a sandbox, whatever the job says.", True),
        Setting(
            "retention",
            0,
            0,
            100 * YEAR,
            "seconds",
            "Completed and cancelled jobs older than this are deleted with their logs; 0: kept.",
        ),
    )
}


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
    value: float
    updated_at: float | None
