"""Resource limits of an attempt, which is stopped if it exceeds one."""

from collections.abc import Mapping

from queuectl_core.model.config import NUMBERS

KEYS = {
    "memory": "limit-memory",
    "processes": "limit-processes",
    "cpu": "limit-cpu",
    "file_size": "limit-file-size",
}
"""Each limit, and its config key."""


def effective(own: Mapping[str, float], config: Mapping[str, float]) -> dict[str, float]:
    """The effective limits by name: the lower of the job's own and the config's (0: no limit)."""
    return dict(own) | {
        name: int(config[key]) if NUMBERS[key].whole else config[key]
        for name, key in KEYS.items()
        if config[key] and config[key] <= own.get(name, config[key])
    }
