"""What running commands use right now, left by each worker in a file beside the database.

It is kept out of the database as it is of use for a second only; where it cannot be written, nobody sees it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a command's process tree at `at`; `cpu`: cores in use since the look before, `memory_bytes`: resident."""

    at: float
    cpu: float
    cpu_seconds: float
    memory_bytes: int
    processes: int


class Usages:
    """The files of all workers. A reader gets one look or the next, never half of one."""

    def __init__(self, database: Path) -> None:
        self._directory = database.with_suffix(".usage")

    def write(self, worker: str, usages: Mapping[str, Usage]) -> None:
        """What the worker's commands use now, by Lease.key, in place of what it said before."""
        new = self._directory / f"{worker}.new"
        with suppress(OSError):
            self._directory.mkdir(exist_ok=True)
            new.write_text(json.dumps({key: asdict(usage) for key, usage in usages.items()}))
            new.replace(self._directory / worker)

    def read(self, worker: str) -> dict[str, Usage]:
        """What that worker's commands use, by Lease.key; some of them may have ended since."""
        try:
            return {key: Usage(**usage) for key, usage in json.loads((self._directory / worker).read_bytes()).items()}
        except (OSError, ValueError):
            return {}

    def remove(self, worker: str) -> None:
        """A worker lives no more."""
        with suppress(OSError):
            for name in (worker, f"{worker}.new"):
                (self._directory / name).unlink(missing_ok=True)
