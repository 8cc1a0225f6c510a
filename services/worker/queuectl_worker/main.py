"""`queuectl-worker`: runs one worker until it is told to stop."""

import logging
import sys

from pydantic import ValidationError

from queuectl_core.errors import QueueError
from queuectl_core.settings import explain
from queuectl_core.sqlite.store import Store
from queuectl_worker import users
from queuectl_worker.settings import WorkerSettings
from queuectl_worker.worker import Worker

BUSY_SECONDS = 1.0
"""Short, as timeouts and signs of life do not wait for others' writes."""


def main() -> None:
    """Exit 0 after a drain, 1 with one line where the settings or the database are no good."""
    try:
        settings = WorkerSettings()
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s %(message)s",
            stream=sys.stderr,
        )
        if fault := _hindrance(settings):
            sys.exit(f"queuectl-worker: {fault}")
        with Store(settings.database_path, durable=False, busy_seconds=BUSY_SECONDS) as store:
            Worker(store, settings).run()
    except ValidationError as refusal:
        sys.exit(f"queuectl-worker: {explain(refusal)}")
    except QueueError as fault:
        sys.exit(f"queuectl-worker: {fault}")


def _hindrance(settings: WorkerSettings) -> str | None:
    first = settings.command_uids
    reason = first and users.hindrance(first, [settings.data_dir, settings.database_path.parent])
    return f"QUEUECTL_COMMAND_UIDS={first}: {reason}" if reason else None
