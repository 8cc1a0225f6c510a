"""Current resource usage of running commands: one file per worker, next to the database.

Samples are not in the database, because they are outdated after a second. Errors when writing them are ignored.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from queuectl_core.model.usage import Usage


class UsageFiles:
    """See Usages."""

    def __init__(self, database: Path) -> None:
        self._directory = database.with_suffix(".usage")

    def write(self, worker: str, usages: Mapping[str, Usage]) -> None:
        """See Usages."""
        new = self._directory / f"{worker}.new"
        with suppress(OSError):
            self._directory.mkdir(exist_ok=True)
            new.write_text(json.dumps({key: asdict(usage) for key, usage in usages.items()}))
            new.replace(self._directory / worker)

    def read(self, worker: str) -> dict[str, Usage]:
        """See Usages."""
        try:
            return {key: Usage(**usage) for key, usage in json.loads((self._directory / worker).read_bytes()).items()}
        except (OSError, ValueError):
            return {}

    def remove(self, worker: str) -> None:
        """See Usages."""
        with suppress(OSError):
            for name in (worker, f"{worker}.new"):
                (self._directory / name).unlink(missing_ok=True)
