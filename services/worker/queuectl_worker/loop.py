"""The worker's loop: wait until something happens, and do what is due."""

import time
from contextlib import suppress

from queuectl_core.logs.open import open_log_store
from queuectl_core.model.attempt import Claim
from queuectl_core.model.errors import QueueError, WorkerNotFound
from queuectl_core.store.store import Store
from queuectl_worker import environment
from queuectl_worker.claiming import Claimer
from queuectl_worker.commands import Commands
from queuectl_worker.directories import Directories
from queuectl_worker.draining import Drain
from queuectl_worker.guard_link import GuardDied, GuardLink
from queuectl_worker.isolation import Isolator
from queuectl_worker.launching import Launcher
from queuectl_worker.leases import Leases
from queuectl_worker.on_hold import OnHold
from queuectl_worker.pipes import Pipes
from queuectl_worker.poller import Poller
from queuectl_worker.registration import Registration
from queuectl_worker.removal import Remover
from queuectl_worker.result import report_all
from queuectl_worker.settings import WorkerSettings
from queuectl_worker.shared_directories import SharedDirectories
from queuectl_worker.signals import Signals
from queuectl_worker.slots import Slots
from queuectl_worker.unowned_logs import UnownedLogs
from queuectl_worker.users import Users
from queuectl_worker.worker_directory import WorkerDirectory


class Worker:
    """One thread, many slots. It sleeps until a command ends or prints, the notifier wakes it, or something is due.

    Times are seconds of the monotonic clock. What the database refuses is kept and tried again; meanwhile heartbeats
    continue, and timeouts are enforced.
    """

    def __init__(self, store: Store, settings: WorkerSettings, guard: GuardLink, own: Registration) -> None:
        self._store = store
        self._guard = guard
        self._own = own
        self._logs = open_log_store(settings.log_url)
        self._notifier = store.listen()
        self._poller = Poller()
        self._signals = Signals()
        self._on_hold = OnHold(own, self._logs)
        self._commands = self._make_commands(settings)
        self._drain = Drain(own.id, self._commands, settings.drain_grace)
        self._unowned_logs = UnownedLogs(store.jobs, self._logs)
        self._leases = Leases(store, own, self._commands, self._drain, self._unowned_logs, settings.heartbeat)
        self._claimer = Claimer(store.claims, own.id, settings, self._commands, self._drain, self._on_hold)

    def _make_commands(self, settings: WorkerSettings) -> Commands:
        as_others = settings.command_uids is not None
        users = Users(settings.command_uids)
        base = environment.of(self._own.id, as_others=as_others)
        temporary = environment.directory_for_temporary_files(base)
        remover = Remover(users)
        parent = WorkerDirectory(temporary, self._own.id, remover, shared=as_others)
        directories = Directories(parent, SharedDirectories(temporary))
        slots = Slots(self._guard.memory, settings.concurrency, self._guard.share, renew=as_others)
        pipes = Pipes(self._poller, self._on_hold.output_failed)
        launcher = Launcher(base, users, directories, Isolator(settings), self._guard.open_files)
        return Commands(launcher, users, directories, remover, slots, pipes, settings.kill_grace)

    def run(self) -> None:
        """Register, and work until drained. When it returns or raises, no command runs any more.

        Raises CannotRegister: it could not register; WorkerNotFound: it is no longer registered; GuardDied.
        """
        self._signals.listen(self._poller, self._drain.signal)
        self._poller.register(self._notifier.fileno(), self._woken)
        self._poller.register(self._guard.fileno(), self._guard.hear)
        try:
            while not self._drain.done:
                self._poller.poll(self._seconds_to_sleep())
                if self._signals.child_ended:
                    self._signals.child_ended = False
                    self._commands.reap()
                self._work()
        except GuardDied:
            with suppress(QueueError), self._store.transaction():
                self._report()
            raise
        finally:
            self._commands.end(self._logs)
            self._notifier.close()
        self._own.unregister()

    def _woken(self, _: int) -> None:
        self._notifier.clear()
        self._claimer.claim_at = 0.0
        self._leases.changed()

    def _seconds_to_sleep(self) -> float:
        wanted = self._leases.check_at
        if self._commands.finished:
            wanted = 0.0
        elif self._claimer.free_slots():
            wanted = min(wanted, self._claimer.claim_at)
        moment = min(
            max(wanted, self._on_hold.until),
            self._leases.beat_at,
            self._commands.next_moment(),
            self._drain.stop_at,
        )
        return max(0.0, moment - time.monotonic())

    def _work(self) -> None:
        now = time.monotonic()
        self._drain.stop_overdue(now)
        if usage := self._commands.look(now):
            self._store.usages.write(self._own.id, usage)
        try:
            if now >= self._leases.beat_at:
                self._leases.beat()
            if now < self._on_hold.until or not self._own.registered:
                return
            if now >= self._leases.check_at:
                self._leases.check()
            self._report_and_claim()
        except WorkerNotFound:
            raise
        except QueueError as fault:
            self._on_hold.begin(str(fault))
        else:
            self._on_hold.resume(now)

    def _report_and_claim(self) -> None:
        """In one transaction, since every command that ends frees a slot."""
        if self._commands.finished:
            with self._store.transaction():
                refused = self._report()
                claims = self._claimer.claim()
            self._commands.reported()
            self._unowned_logs.add(refused)
        elif time.monotonic() >= self._claimer.claim_at:
            claims = self._claimer.claim()
        else:
            return
        self._start(claims)
        self._claimer.schedule()
        self._unowned_logs.remove()

    def _report(self) -> list[tuple[int, int]]:
        """Returns the attempts, as job and number, whose leases were no longer valid."""
        return [lease[:2] for lease in report_all(self._commands.finished, self._store.reports)]

    def _start(self, claims: list[Claim]) -> None:
        if not claims:
            return
        self._leases.check_before_start()
        for claim in claims:
            log = self._logs.writer(claim.lease.seq, claim.lease.attempt, claim.log_max_bytes)
            self._commands.start(claim, log)
