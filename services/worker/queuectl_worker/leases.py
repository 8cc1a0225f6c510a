"""The leases of a worker's attempts: renewed by heartbeats, and checked for what the others have decided."""

import logging
import math
import time
from collections.abc import Mapping

from queuectl_core.model.attempt import NOTHING, Lease
from queuectl_core.model.errors import QueueError
from queuectl_core.store.store import Store
from queuectl_worker import name
from queuectl_worker.commands import Commands
from queuectl_worker.draining import Drain
from queuectl_worker.registration import Registration
from queuectl_worker.stop_reason import StopReason
from queuectl_worker.unowned_logs import UnownedLogs

log = logging.getLogger("queuectl.worker")

RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0
CHECK_SOON_SECONDS = 0.05


class CannotRegister(Exception):
    """The text says why."""


class Leases:
    """Of one worker. `beat_at`, `check_at`: when to `beat` and `check`, in seconds of the monotonic clock."""

    def __init__(
        self,
        store: Store,
        own: Registration,
        commands: Commands,
        drain: Drain,
        unowned_logs: UnownedLogs,
        heartbeat: float,
    ) -> None:
        self._store = store
        self._own = own
        self._commands = commands
        self._drain = drain
        self._unowned_logs = unowned_logs
        self._heartbeat = heartbeat
        self.beat_at = 0.0
        self.check_at = math.inf

    def beat(self) -> None:
        """Renew all leases, whatever state the database is in; then check them, and reap expired workers."""
        self.beat_at = time.monotonic() + RETRY_SECONDS  # in case it fails
        if self._own.registered:
            self._own.renew()
        else:
            self._register()
        self.beat_at = time.monotonic() + self._heartbeat
        self.check_at = 0.0
        self._unowned_logs.add(self._own.reap_expired())

    def _register(self) -> None:
        """Raises CannotRegister, unless this worker replaces one that has lost its leases: such a worker retries."""
        try:
            self._own.register()
        except QueueError as fault:
            if name.is_replacement():
                raise
            raise CannotRegister(str(fault)) from fault

    def check_before_start(self) -> None:
        """Raises WorkerNotFound if the leases may have expired since the claim, such as in a suspended process."""
        self._own.check_leases()
        self._check_within(CHECK_SECONDS)

    def changed(self) -> None:
        """Someone has changed the database: check soon."""
        self._check_within(CHECK_SOON_SECONDS)

    def _check_within(self, seconds: float) -> None:
        self.check_at = min(self.check_at, time.monotonic() + seconds)

    def check(self) -> None:
        """Stop the commands of jobs that were cancelled, deleted or taken away; drain if that was requested."""
        running = self._commands.running
        self.check_at = time.monotonic() + CHECK_SECONDS if running else math.inf
        if self._store.workers.get(self._own.id).draining:
            self._drain.request()
        held = self._store.reports.held(self._own.id)
        for command in running.values():
            lease = command.claim.lease
            if lease not in held:
                if command.stop_reason is not StopReason.LOST:
                    log.warning("job %s was taken from this worker: it is stopped", command.claim.job_id)
                self._commands.stopper.lose(command)
            elif held[lease]:
                self._commands.stopper.stop(command, StopReason.CANCEL)
        self._hand_back_unconfirmed(held)

    def _hand_back_unconfirmed(self, held: Mapping[Lease, bool]) -> None:
        """Hand back what was claimed in a commit whose answer was lost on the way from the database."""
        for lease in held.keys() - self._commands.leases():
            log.warning("a claim was not confirmed by the database: job #%d is handed back", lease.seq)
            self._store.reports.hand_back(lease, NOTHING, "its claim was not confirmed by the database")
