"""Current resource usage of running commands: a row per worker."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from queuectl_core.model.errors import DatabaseUnusable
from queuectl_core.model.usage import Usage
from queuectl_core.store.session import Session


class PostgresUsages:
    """See Usages. The table is unlogged: after a crash it is empty, and refilled within a second."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, worker: str, usages: Mapping[str, Usage]) -> None:
        """See Usages. Errors are ignored: the sample is outdated after a second."""
        with suppress(DatabaseUnusable):
            self._session.execute(
                "INSERT INTO usage (worker, sample) VALUES (?, ?)"
                " ON CONFLICT (worker) DO UPDATE SET sample = excluded.sample",
                (worker, json.dumps({key: asdict(usage) for key, usage in usages.items()})),
            )

    def read(self, worker: str) -> dict[str, Usage]:
        """See Usages."""
        stored = self._session.value("SELECT sample FROM usage WHERE worker = ?", (worker,))
        return {key: Usage(**usage) for key, usage in json.loads(stored).items()} if stored else {}

    def remove(self, worker: str) -> None:
        """See Usages."""
        with suppress(DatabaseUnusable):
            self._session.execute("DELETE FROM usage WHERE worker = ?", (worker,))
