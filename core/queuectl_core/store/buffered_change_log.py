"""The change log of a driver: collected in memory, and written just before the commit."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Protocol

from queuectl_core.model.event import EventType
from queuectl_core.store.change_buffer import ChangeBuffer, Counts, Mark
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import Change


class Notifier(Protocol):
    """Notifies other processes of commits."""

    def notify(self, *, workers: bool) -> None:
        """Wake live views, and workers if `workers`."""
        ...

    def close(self) -> None:
        """Release what it holds; the next `notify` takes it again."""
        ...


class BufferedChangeLog(ABC):
    """A `ChangeLog`, and a `Buffer` in the session's transactions. Notifies other processes after each commit."""

    def __init__(self, session: Session, notifier: Notifier) -> None:
        self._session = session
        self._notifier = notifier
        self._buffer = ChangeBuffer()
        self._has_events = False
        self._concerns_workers = False

    _any_locked: ClassVar[str]
    """SQL: whether any due job has a lock."""

    @abstractmethod
    def _write(self, buffer: ChangeBuffer) -> None:
        """Write a settled buffer."""

    # ChangeLog

    def moved(self, changes: Sequence[Change]) -> None:
        """See Observer."""
        self._buffer.moved(changes)

    def count(self, counts: Counts, happened: Counts) -> None:
        """See ChangeLog."""
        self._buffer.tally.update(counts)
        self._buffer.series.update(happened)

    def tell(self, type: EventType, subject: str, change: str) -> None:
        """See ChangeLog."""
        self._session.execute(
            "INSERT INTO event (kind, subject, change, attempts, cancelling) VALUES (?, ?, ?, 0, 0)",
            (type, subject, change),
        )
        self._has_events = self._concerns_workers = True

    # Buffer

    def mark(self) -> tuple[Mark, bool, bool]:
        """See Buffer."""
        return self._buffer.mark(), self._has_events, self._concerns_workers

    def undo(self, mark: tuple[Mark, bool, bool]) -> None:
        """See Buffer."""
        buffered, self._has_events, self._concerns_workers = mark
        self._buffer.undo(buffered)

    def flush(self) -> None:
        """See ChangeLog."""
        buffer = self._buffer
        if buffer.empty:
            return
        self._has_events = True
        self._concerns_workers = self._concerns_workers or self._may_start_jobs(buffer)
        buffer.settle()
        self._write(buffer)
        buffer.clear()

    def committed(self, *, changed: bool) -> None:
        """See Buffer. Wakes the workers, unless the changes give them nothing new to do."""
        if changed:
            self._notifier.notify(workers=self._concerns_workers or not self._has_events)
        self._has_events = self._concerns_workers = False

    def _may_start_jobs(self, buffer: ChangeBuffer) -> bool:
        """Whether a worker may find more to do: after most verbs, and after any if limits or locks hold up jobs."""
        return buffer.wakes_workers or self._some_held_up()

    def _some_held_up(self) -> bool:
        limited = "EXISTS (SELECT 1 FROM queue WHERE job_limit IS NOT NULL)"
        return bool(self._session.value(f"SELECT {limited} OR {self._any_locked}"))
