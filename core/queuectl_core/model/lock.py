"""The lock of a job: at most `limit` jobs with the same key run at once."""

from typing import NamedTuple

LOCK_KEY = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}"
"""A key has no `=`, so it can stand before one in the stored text."""

AFTER_KEY = ">"
"""The character after `=`: all stored texts of a key are between `KEY=` and `KEY>`."""


class Lock(NamedTuple):
    """Held while an attempt of its job runs. `limit`: 1 for a mutex, more for a semaphore."""

    key: str
    limit: int = 1

    @classmethod
    def read(cls, text: str) -> "Lock":
        """From the text that is stored, `KEY=N`."""
        key, _, limit = text.partition("=")
        return cls(key, int(limit))

    def __str__(self) -> str:
        return f"{self.key}={self.limit}"


class LockUse(NamedTuple):
    """A key and what uses it. `limits`: the different ones of its jobs. `waiting`: jobs that do not run yet."""

    key: str
    limits: list[int]
    running: int
    waiting: int
