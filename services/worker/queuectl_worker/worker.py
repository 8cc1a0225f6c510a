"""The worker's loop: claim, start, wait, report."""

import logging
import math
import select
import selectors
import signal
import socket
import time
from collections.abc import Mapping
from typing import Any

from queuectl_core.attempt import NOTHING, Claim, Lease, Printed, Used
from queuectl_core.errors import QueueError, WorkerNotFound
from queuectl_core.logs import Logs
from queuectl_core.sqlite.database import free_bytes
from queuectl_core.sqlite.store import Store
from queuectl_core.usage import Usage, Usages
from queuectl_worker import tree
from queuectl_worker.containment import CannotContain, Containment
from queuectl_worker.registration import Registration
from queuectl_worker.running import Finished, Running, Stopping
from queuectl_worker.settings import WorkerSettings
from queuectl_worker.spawning import SpawnerDied

log = logging.getLogger("queuectl.worker")

LOOK_ANYWAY_SECONDS = 1.0
LOOK_AT_LEASES_SECONDS = 0.05
HOLD_SECONDS = 0.5
TOGETHER_SECONDS = 0.001
"""So long an end may wait for others, to be reported with them: short commands end by the hundred a second."""

RESERVE_BYTES = 16 << 20


class Worker:
    """One thread, many slots. It sleeps until a command ends, the bell rings, or a moment has come.

    All moments are seconds of the monotonic clock. Whatever the database refuses is kept and tried again; meanwhile
    the heart beats on, and timeouts are kept.
    """

    def __init__(self, store: Store, settings: WorkerSettings) -> None:
        self._store = store
        self._settings = settings
        self._logs = Logs(settings.log_dir)
        self._bell = store.listen()
        self._usages = Usages(store.path)
        self._containment = Containment(settings)
        self._selector = selectors.DefaultSelector()
        self._own: Registration | None = None
        self._slots: dict[str, Running] = {}
        self._finished: list[Finished] = []
        self._given_up: list[Lease] = []
        self._draining = False
        self._drain_until: float | None = None
        self._no_logs = False
        self._in_trouble = False
        self._hold_until = 0.0
        self._claim_at = 0.0
        self._look_at = math.inf
        self._beat_at = 0.0

    def run(self) -> None:
        """Register, work, and unregister when drained."""
        tree.become_subreaper()
        self._hear_signals()
        self._selector.register(self._bell, selectors.EVENT_READ, self._heard)
        self._begin()
        while not self._done():
            for ready, _ in self._selector.select(self._seconds_to_sleep()):
                ready.data()
            reports = bool(self._finished)
            self._work()
            if reports and len(self._slots) > 1:
                select.select((), (), (), TOGETHER_SECONDS)  # time.sleep is broken by libfaketime, see tests/faults
        if self._own:
            self._own.end()
            log.info("worker %s has stopped", self._own.id)
        self._bell.close()

    def _begin(self) -> None:
        """Under a new name, with a spawner of its own."""
        self._own = Registration(self._store, self._settings)
        self._selector.register(self._own.spawning, selectors.EVENT_READ, self._told)
        self._own.bury_the_dead()
        self._beat_at = time.monotonic() + self._settings.heartbeat

    def _done(self) -> bool:
        return self._drain_until is not None and not self._slots and not self._finished

    # What wakes it

    def _hear_signals(self) -> None:
        hearing, speaking = socket.socketpair()
        hearing.setblocking(False)
        speaking.setblocking(False)
        signal.set_wakeup_fd(speaking.fileno())
        self._selector.register(hearing, selectors.EVENT_READ, lambda: hearing.recv(4096))
        self._kept = (hearing, speaking)
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:  # a script ignores SIGINT for its background jobs
                signal.signal(number, self._drain)

    def _drain(self, *_: object) -> None:
        now = time.monotonic()
        again, self._draining = self._drain_until is not None, True
        self._drain_until = now if again else now + self._settings.drain_grace
        log.info(
            "worker %s is stopping: %s",
            self._own.id if self._own else "without a name",
            "at once" if again else f"{len(self._slots)} commands have {self._settings.drain_grace:g} s to finish",
        )

    def _heard(self) -> None:
        self._bell.clear()
        self._claim_at = 0.0
        self._look_at = min(self._look_at, time.monotonic() + LOOK_AT_LEASES_SECONDS)

    def _told(self) -> None:
        assert self._own
        try:
            messages = self._own.spawning.receive()
        except SpawnerDied:
            log.error("the spawner has ended, and with it %d commands", len(self._slots))  # noqa: TRY400
            self._give_up()
            return
        for message in messages:
            if "held" in message:
                self._hear_of_output(message["held"])
            if "usage" in message:
                now = time.time()
                self._usages.write(self._own.id, {key: Usage(now, *seen) for key, seen in message["usage"].items()})
            for ended in message.get("ended", ()):
                self._finished.append(_finished(self._slots.pop(ended["key"]), ended))

    def _hear_of_output(self, fault: str | None) -> None:
        self._no_logs = fault is not None
        if fault:
            self._hold(f"output cannot be written to {self._logs.directory}: {fault}; commands wait where they print")

    def _seconds_to_sleep(self) -> float:
        wanted = self._look_at
        if self._finished:
            wanted = 0.0
        elif self._free():
            wanted = min(wanted, self._claim_at)
        moments = [self._beat_at, max(wanted, self._hold_until)]
        if self._drain_until is not None:
            moments.append(self._drain_until)
        for running in self._slots.values():
            moments.extend(moment for moment in (running.deadline, running.kill_at) if moment is not None)
        return max(0.0, min(moments) - time.monotonic())

    # What it does when awake

    def _work(self) -> None:
        now = time.monotonic()
        self._stop_what_is_late(now)
        try:
            if now >= self._beat_at:
                self._beat()
            if now < self._hold_until or not self._own:
                return
            if now >= self._look_at:
                self._look_at_leases(self._own)
            self._report_and_claim(self._own)
        except WorkerNotFound:
            self._lose_everything()
        except QueueError as fault:
            self._hold(str(fault))
        else:
            self._go_on(now)

    def _report_and_claim(self, own: Registration) -> None:
        """One transaction for both, as each end makes room for a beginning."""
        claims: list[Claim] = []
        refused: list[Lease] = []
        if self._finished:
            with self._store.transaction():
                refused = self._report()
                claims = self._claim(own)
            self._finished.clear()
        elif time.monotonic() >= self._claim_at:
            claims = self._claim(own)
        self._start(own, claims)
        self._remove_unowned_logs(refused)

    def _report(self) -> list[Lease]:
        """Returns the leases that were no longer good."""
        return [done.running.claim.lease for done in self._finished if not done.report(self._store.leases)]

    def _remove_unowned_logs(self, ended: list[Lease]) -> None:
        """A job that is deleted just when its command begins has its log made after the others were removed."""
        for lease in ended:
            if not self._store.jobs.existing(range(lease.seq, lease.seq + 1)):
                self._logs.delete(lease.seq, lease.attempt)

    def _free(self) -> int:
        return 0 if self._draining else self._settings.concurrency - len(self._slots)

    def _claim(self, own: Registration) -> list[Claim]:
        if not self._free() or not self._has_room():
            return []
        claims = self._store.leases.claim(own.id, self._free(), self._settings.queues)
        if len(claims) < self._free():  # else there may be more, for the next slot that is free
            self._claim_at = time.monotonic() + self._seconds_to_next_due()
        return claims

    def _has_room(self) -> bool:
        """Nothing is begun where its output could not be written."""
        if self._no_logs:
            try:
                self._logs.prove_writable()
            except OSError as fault:
                self._hold(f"no log can be written to {self._logs.directory}: {fault.strerror}")
                return False
            self._no_logs = False
        free = free_bytes(self._logs.directory.parent)
        if free < RESERVE_BYTES:
            self._hold(f"{free >> 20} MiB of room are left for logs, {RESERVE_BYTES >> 20} are wanted")
        return free >= RESERVE_BYTES

    def _seconds_to_next_due(self) -> float:
        due = self._store.leases.next_due()
        return LOOK_ANYWAY_SECONDS if due is None else min(max(0.0, due - time.time()), LOOK_ANYWAY_SECONDS)

    def _start(self, own: Registration, claims: list[Claim]) -> None:
        starts = []
        for claim in claims:
            try:
                contained = self._containment.of(claim)
            except CannotContain as fault:
                reason = f"could not be started: {fault}"
                self._finished.append(Finished(Running(claim, None), None, reason, NOTHING))
                continue
            deadline = time.monotonic() + claim.timeout if claim.timeout else None
            running = Running(claim, deadline)
            self._slots[running.key] = running
            starts.append((running.key, claim, contained, self._logs.stem(claim.lease.seq, claim.lease.attempt)))
        if starts:
            own.spawning.start(starts)
            self._look_at = min(self._look_at, time.monotonic() + LOOK_ANYWAY_SECONDS)

    def _hold(self, reason: str) -> None:
        """Hold still for a moment; nothing is lost, all of it is tried again."""
        if not self._in_trouble:
            log.error("holding still: %s", reason)
        self._in_trouble = True
        self._hold_until = time.monotonic() + HOLD_SECONDS

    def _go_on(self, now: float) -> None:
        if self._in_trouble and now >= self._hold_until:
            log.info("going on")
            self._in_trouble = False

    # Stopping commands

    def _stop_what_is_late(self, now: float) -> None:
        if self._drain_until is not None and now >= self._drain_until:
            self._drain_until = math.inf
            for running in self._slots.values():
                self._stop(running, Stopping.DRAIN)
        for running in self._slots.values():
            if running.deadline is not None and now >= running.deadline:
                running.deadline = None
                self._stop(running, Stopping.TIMEOUT)
            if running.kill_at is not None and now >= running.kill_at:
                running.kill_at = None
                self._signal(running, signal.SIGKILL)

    def _stop(self, running: Running, why: Stopping) -> None:
        """SIGTERM to the whole tree, SIGKILL after the grace period. The first reason given is the one that counts."""
        if running.stopping is None:
            running.stopping = why
            running.kill_at = time.monotonic() + self._settings.kill_grace
            self._signal(running, signal.SIGTERM)

    def _signal(self, running: Running, number: signal.Signals) -> None:
        if self._own:
            self._own.spawning.signal(running.key, number)

    # Leases

    def _beat(self) -> None:
        """Give a sign of life, whatever state the database is in; then look at the leases, and after the others."""
        self._beat_at = time.monotonic() + HOLD_SECONDS  # again, where it fails
        if self._own is None:
            self._begin_anew()
            return
        self._own.beat()
        self._beat_at = time.monotonic() + self._settings.heartbeat
        self._look_at = 0.0
        self._own.bury_the_dead()

    def _look_at_leases(self, own: Registration) -> None:
        """See whether something was cancelled, deleted or taken from us, and whether this worker is to drain."""
        self._look_at = time.monotonic() + LOOK_ANYWAY_SECONDS if self._slots else math.inf
        if self._store.workers.get(own.id).draining and not self._draining:
            log.info("worker %s was asked to drain: %d commands run on", own.id, len(self._slots))
            self._draining = True
        held = self._store.leases.held(own.id)
        for running in self._slots.values():
            if running.claim.lease not in held:
                self._lose(running)
            elif held[running.claim.lease]:
                self._stop(running, Stopping.CANCEL)

    def _lose(self, running: Running) -> None:
        if running.stopping is not Stopping.LOST:
            log.warning("job %s was taken from this worker: it is stopped", running.claim.job_id)
            running.stopping = Stopping.LOST
            self._signal(running, signal.SIGKILL)

    def _lose_everything(self) -> None:
        """Others hold this worker for dead, or soon will, and run its jobs: it may report nothing of them."""
        log.warning("this worker is off the list: its heartbeats had stopped, or the queue was replaced")
        self._give_up()
        self._finished.clear()

    def _give_up(self) -> None:
        """Stop everything; what it held is seen to when it begins anew, as that of any worker that has died."""
        self._given_up += [running.claim.lease for running in self._slots.values()]
        self._slots.clear()
        self._beat_at = 0.0
        if self._own:
            self._selector.unregister(self._own.spawning)
            self._own.spawning.close()
            self._usages.remove(self._own.id)
            self._own = None

    def _begin_anew(self) -> None:
        with self._store.transaction():
            self._report()
        self._finished.clear()
        self._begin()
        self._remove_unowned_logs(self._given_up)
        self._given_up.clear()


def _finished(running: Running, message: Mapping[str, Any]) -> Finished:
    whole = message.get("whole")  # None, or not empty
    return Finished(
        running,
        message.get("status"),
        message.get("fault"),
        Printed(message.get("bytes", 0), whole and whole.encode("latin-1"), message.get("tail", "").encode("latin-1")),
        Used(message.get("cpu"), message.get("memory")),
        message.get("over"),
        message.get("left", 0),
        tuple(message.get("removed", (0, 0))),
    )
