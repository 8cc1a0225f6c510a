"""The guarded process: it reads the settings, opens the queue, and works."""

import logging
import os

from pydantic import ValidationError

from queuectl_core import log_lines
from queuectl_core.model.errors import QueueError, WorkerNotFound
from queuectl_core.settings import explain
from queuectl_core.store.open import open_store
from queuectl_worker import name, tree, users
from queuectl_worker.guard import REPLACE_STATUS
from queuectl_worker.guard_link import GuardDied, GuardLink
from queuectl_worker.leases import CannotRegister
from queuectl_worker.loop import Worker
from queuectl_worker.registration import Registration
from queuectl_worker.settings import WorkerSettings

BUSY_SECONDS = 1.0
"""Short, since timeouts and heartbeats must not wait for others' writes."""

log = logging.getLogger("queuectl.worker")


def serve(guard: GuardLink) -> int:
    """Returns the exit status: 0 after a drain, REPLACE_STATUS if a new worker is to replace this one."""
    _empty_stdin()
    tree.become_subreaper()
    try:
        settings = WorkerSettings()
        log_lines.begin(settings.log_level)
        if reason := _unavailable_reason(settings):
            log_lines.end("queuectl-worker", reason)
        return _work(settings, guard)
    except ValidationError as refusal:
        log_lines.end("queuectl-worker", explain(refusal))
    except (QueueError, CannotRegister, OSError) as fault:
        log_lines.end("queuectl-worker", fault)


def _empty_stdin() -> None:
    """Commands inherit the standard input of this process."""
    null = os.open(os.devnull, os.O_RDONLY)
    if null:
        os.dup2(null, 0)
        os.close(null)
    else:
        os.set_inheritable(0, True)


def _unavailable_reason(settings: WorkerSettings) -> str | None:
    first = settings.command_uids
    reason = first and users.unavailable_reason(first, [settings.data_dir, settings.storage_dir])
    return f"QUEUECTL_COMMAND_UIDS={first}: {reason}" if reason else None


def _work(settings: WorkerSettings, guard: GuardLink) -> int:
    with open_store(settings.store_url, durable=False, busy_seconds=BUSY_SECONDS, data_dir=settings.data_dir) as store:
        own = Registration(str(name.own()), store, settings, guard)
        try:
            Worker(store, settings, guard, own).run()
        except WorkerNotFound:
            log.warning("this worker is no longer registered: its leases have expired, or the queue was replaced")
            return REPLACE_STATUS
        except GuardDied:
            log.error("the guard of worker %s was killed, and so are its commands", own.id)  # noqa: TRY400
            return 1
    return 0
