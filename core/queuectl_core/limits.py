"""What an attempt may use before it is stopped."""

from collections.abc import Mapping

from queuectl_core.config import NUMBERS

KEYS = {
    "memory": "limit-memory",
    "processes": "limit-processes",
    "cpu": "limit-cpu",
    "file_size": "limit-file-size",
}
"""Each limit, and the config's key for it."""


def effective(own: Mapping[str, float], config: Mapping[str, float]) -> dict[str, float]:
    """The limits that count, by name: of a job's own and the config's (0: none) the lower ones."""
    return dict(own) | {
        name: int(config[key]) if NUMBERS[key].whole else config[key]
        for name, key in KEYS.items()
        if config[key] and config[key] <= own.get(name, config[key])
    }
