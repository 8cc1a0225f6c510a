"""What every change of a job leaves behind: the kept counts, the series of charts, and an event for live views."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from queuectl_core.event import Event, Kind
from queuectl_core.series import histogram_step
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.series import Series
from queuectl_core.state import State

DELETED = "deleted"
KEPT_EVENTS = 10_000

WAITING = frozenset({State.PENDING, State.FAILED})
FLOWS: dict[tuple[State | None, State | None], tuple[str, ...]] = {
    (None, State.PENDING): ("enqueued",),
    (State.PROCESSING, State.COMPLETED): ("completed",),
    (State.PROCESSING, State.FAILED): ("failed",),
    (State.PROCESSING, State.DEAD): ("failed", "dead"),
    (State.PROCESSING, State.CANCELLED): ("cancelled",),
    (State.PENDING, State.CANCELLED): ("cancelled",),
    (State.FAILED, State.CANCELLED): ("cancelled",),
}
"""What a move is counted as in the series."""


@dataclass(frozen=True, slots=True)
class Change:
    """A job that moved: `before` is None for a new one, `after` None for a deleted one.

    `waited`: for how many seconds it had been due when it began; `ran`: how long the attempt took that ended.
    `came_from`: the queue it was in before, where that may be another.
    """

    job_id: str
    queue: str
    before: State | None
    after: State | None
    attempts: int = 0
    cancelling: bool = False
    waited: float | None = None
    ran: float | None = None
    came_from: str | None = None


class Journal:
    """Written inside the transaction of the change itself."""

    def __init__(self, db: Database, series: Series) -> None:
        self._db = db
        self._series = series

    def record(self, changes: Iterable[Change]) -> None:
        """Count the changes and tell of them."""
        counts: Counter[tuple[str, str]] = Counter()
        happened: Counter[tuple[str, str]] = Counter()
        events = []
        for change in changes:
            came_from = change.came_from or change.queue
            if (came_from, change.before) != (change.queue, change.after):
                if change.before:
                    counts[came_from, change.before] -= 1
                if change.after:
                    counts[change.queue, change.after] += 1
                for measure in FLOWS.get((change.before, change.after), ()):
                    happened[change.queue, measure] += 1
            if change.waited is not None:
                happened[change.queue, f"wait:{histogram_step(change.waited)}"] += 1
            if change.ran is not None:
                happened[change.queue, f"run:{histogram_step(change.ran)}"] += 1
            events.append(
                (
                    Kind.JOB,
                    change.job_id,
                    change.queue,
                    change.after or DELETED,
                    change.attempts,
                    change.cancelling,
                )
            )
        self.count(counts, happened)
        self._db.execute_many(
            "INSERT INTO event (kind, subject, queue, change, attempts, cancelling) VALUES (?, ?, ?, ?, ?, ?)",
            events,
        )

    def count(self, counts: Counter[tuple[str, str]], happened: Counter[tuple[str, str]]) -> None:
        """Add to the kept counts, (queue, state) → how many more; and to the series, (queue, measure) → how many.

        By how many more wait is added here.
        """
        for (queue, state), number in counts.items():
            if state in WAITING:
                happened[queue, "waiting"] += number
        self._series.add(happened)
        self._db.execute_many(
            "INSERT INTO tally (queue, state, jobs) VALUES (?, ?, ?)"
            " ON CONFLICT (queue, state) DO UPDATE SET jobs = jobs + excluded.jobs",
            [(queue, state, number) for (queue, state), number in counts.items()],
        )

    def tell(self, kind: Kind, subject: str, change: str) -> None:
        """An event that is not about a single job."""
        self._db.execute(
            "INSERT INTO event (kind, subject, change, attempts, cancelling) VALUES (?, ?, ?, 0, 0)",
            (kind, subject, change),
        )

    def tell_many(self) -> None:
        """An event in place of too many single ones: whoever looks on had better look again."""
        self.tell(Kind.MANY, "", "changed")

    def latest(self) -> int:
        """The number of the newest event ever."""
        return self._db.value("SELECT seq FROM sqlite_sequence WHERE name = 'event'") or 0

    def oldest(self) -> int:
        """The number of the oldest event that is still kept."""
        return self._db.value("SELECT min(seq) FROM event") or self.latest() + 1

    def after(self, seq: int, limit: int = 1000) -> list[Event]:
        """Events newer than number `seq`, oldest first."""
        rows = self._db.rows(
            "SELECT seq, kind, subject, queue, change, attempts, cancelling FROM event"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [
            Event(seq, Kind(kind), subject, queue, change, attempts, bool(cancelling))
            for seq, kind, subject, queue, change, attempts, cancelling in rows
        ]

    def trim(self) -> None:
        """Drop all but the newest events."""
        with self._db.transaction():
            self._db.execute("DELETE FROM event WHERE seq <= ?", (self.latest() - KEPT_EVENTS,))
