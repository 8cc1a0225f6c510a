"""Claiming jobs for free slots."""

import time

from queuectl_core.model.attempt import Claim
from queuectl_core.store.claims import Claims
from queuectl_worker.commands import Commands
from queuectl_worker.draining import Drain
from queuectl_worker.on_hold import OnHold
from queuectl_worker.settings import WorkerSettings

MAX_IDLE_SECONDS = 1.0
"""Between two tries, in case a wake-up was missed."""


class Claimer:
    """Of one worker. `claim_at`: when to try again, in seconds of the monotonic clock."""

    def __init__(
        self, claims: Claims, worker: str, settings: WorkerSettings, commands: Commands, drain: Drain, on_hold: OnHold
    ) -> None:
        self._claims = claims
        self._worker = worker
        self._slots = settings.concurrency
        self._queues = settings.queues
        self._commands = commands
        self._drain = drain
        self._on_hold = on_hold
        self.claim_at = 0.0

    def free_slots(self) -> int:
        """None while draining."""
        return 0 if self._drain.requested else self._slots - len(self._commands.running)

    def claim(self) -> list[Claim]:
        """As many jobs as there are free slots, if there is room for their output."""
        if not self.free_slots() or not self._on_hold.has_room():
            return []
        return self._claims.claim(self._worker, self.free_slots(), self._queues)

    def schedule(self) -> None:
        """Try again when the next job is due. If all slots are taken, there may be more jobs for the next free one."""
        if self.free_slots() and time.monotonic() >= self._on_hold.until:
            self.claim_at = time.monotonic() + self._seconds_to_next_due()

    def _seconds_to_next_due(self) -> float:
        due = self._claims.next_due()
        return MAX_IDLE_SECONDS if due is None else min(max(0.0, due - time.time()), MAX_IDLE_SECONDS)
