"""What every change of a job leaves behind: the kept counts, the series of charts, and an event for live views."""

from collections.abc import Iterable
from typing import NamedTuple

from queuectl_core.event import Event, Kind
from queuectl_core.series import histogram_step
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.pending import Counts, Move, Pending
from queuectl_core.sqlite.series import Series
from queuectl_core.state import State

JOB = Kind.JOB.value
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

BEGUN_OR_ENDED = frozenset(
    {
        (State.PENDING, State.PROCESSING),
        (State.FAILED, State.PROCESSING),
        (State.PROCESSING, State.COMPLETED),
        (State.PROCESSING, State.DEAD),
    }
)


class Change(NamedTuple):
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
        db.write_pending = self.write

    def record(self, changes: Iterable[Change]) -> None:
        """Count the changes and tell of them, when the transaction ends."""
        pending = self._db.pending
        for job_id, queue, before, after, attempts, cancelling, waited, ran, came_from in changes:
            pending.moves[came_from or queue, before, queue, after] += 1
            if waited is not None:
                pending.series[queue, f"wait:{histogram_step(waited)}"] += 1
            if ran is not None:
                pending.series[queue, f"run:{histogram_step(ran)}"] += 1
            pending.events.append((JOB, job_id, queue, after.value if after else DELETED, attempts, cancelling))

    def count(self, counts: Counts, happened: Counts) -> None:
        """Add to the kept counts, (queue, state) → how many more; and to the series, (queue, measure) → how many."""
        self._db.pending.tally.update(counts)
        self._db.pending.series.update(happened)

    def write(self) -> None:
        """Write down what was counted and is to be told: before the commit, and before the kept counts are read."""
        pending = self._db.pending
        if pending.empty:
            return
        self._db.soft = self._db.soft is not False and self._only_of_workers(pending)
        for move, number in pending.moves.items():
            _count(move, number, pending)
        for (queue, state), number in pending.tally.items():
            if state in WAITING:
                pending.series[queue, "waiting"] += number
        self._series.add(pending.series)
        self._db.execute_many(
            "INSERT INTO tally (queue, state, jobs) VALUES (?, ?, ?)"
            " ON CONFLICT (queue, state) DO UPDATE SET jobs = jobs + excluded.jobs",
            [(queue, state, number) for (queue, state), number in pending.tally.items()],
        )
        self._db.execute_many(
            "INSERT INTO event (kind, subject, queue, change, attempts, cancelling) VALUES (?, ?, ?, ?, ?, ?)",
            pending.events,
        )
        pending.clear()

    def queues(self) -> set[str]:
        """All queues that have or had jobs."""
        kept = {row[0] for row in self._db.rows("SELECT DISTINCT queue FROM tally")}
        return kept.union(queue for _, _, queue, _ in self._db.pending.moves)

    def _only_of_workers(self, pending: Pending) -> bool:
        """Whether nothing has happened but that jobs began and ended, which makes no room in a queue with a limit."""
        return (
            not pending.tally
            and all((before, after) in BEGUN_OR_ENDED for _, before, _, after in pending.moves)
            and not self._db.value("SELECT EXISTS (SELECT 1 FROM queue WHERE job_limit IS NOT NULL)")
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


def _count(move: Move, number: int, pending: Pending) -> None:
    came_from, before, queue, after = move
    if (came_from, before) == (queue, after):
        return
    if before:
        pending.tally[came_from, before.value] -= number
    if after:
        pending.tally[queue, after.value] += number
    for measure in FLOWS.get((before, after), ()):
        pending.series[queue, measure] += number
