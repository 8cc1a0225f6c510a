"""The change log for SQLite: one writer at a time, so counts are updated in place."""

from queuectl_core.sqlite.notifier import Notifier
from queuectl_core.store.buffered_change_log import BufferedChangeLog
from queuectl_core.store.change_buffer import ChangeBuffer
from queuectl_core.store.counter_rows import CounterRows
from queuectl_core.store.series import Series
from queuectl_core.store.session import Session


class SqliteChangeLog(BufferedChangeLog):
    """See BufferedChangeLog."""

    _any_locked = "EXISTS (SELECT 1 FROM job INDEXED BY job_locked WHERE due = 1 AND lock IS NOT NULL)"

    def __init__(self, session: Session, series: Series, counters: CounterRows, notifier: Notifier) -> None:
        super().__init__(session, notifier)
        self._series = series
        self._counters = counters

    def forget(self, queue: str) -> None:
        """See ChangeLog."""
        self._session.execute("DELETE FROM tally WHERE queue = ?", (queue,))
        self._counters.forget(queue)

    def queues(self) -> set[str]:
        """All queues that have or had jobs."""
        kept = {row[0] for row in self._session.rows("SELECT DISTINCT queue FROM tally")}
        return kept.union(queue for _, _, _, queue, _ in self._buffer.moves)

    def closed(self) -> None:
        """See Buffer."""
        self._notifier.close()

    def _write(self, buffer: ChangeBuffer) -> None:
        self._series.add(buffer.series)
        self._counters.add(buffer.counters)
        self._session.execute_many(
            "INSERT INTO tally (queue, state, jobs) VALUES (?, ?, ?)"
            " ON CONFLICT (queue, state) DO UPDATE SET jobs = jobs + excluded.jobs",
            [(queue, state, number) for (queue, state), number in buffer.tally.items()],
        )
        self._session.execute_many(
            "INSERT INTO event (kind, subject, queue, change, attempts, cancelling) VALUES (?, ?, ?, ?, ?, ?)",
            buffer.events,
        )
