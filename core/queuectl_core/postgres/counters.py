"""Monitoring counters: increments until `fold` assigns the names under which queues are counted."""

from collections import defaultdict

from queuectl_core.store.change_buffer import Count
from queuectl_core.store.counter_rows import CounterRows


class PostgresCounters(CounterRows):
    """See Counters."""

    def all(self) -> dict[str, dict[str, float]]:
        """See Counters."""
        self.fold()
        return super().all()

    def forget(self, queue: str) -> None:
        """See Counters."""
        self.fold()
        super().forget(queue)

    def forget_unknown(self) -> None:
        """See Counters."""
        self.fold()
        super().forget_unknown()

    def fold(self) -> None:
        """Add all increments to the counters."""
        if not self._session.value("SELECT EXISTS (SELECT 1 FROM counter_increment)"):
            return
        with self._session.joined():
            self._session.lock("fold")
            happened: defaultdict[Count, float] = defaultdict(float)
            for queue, measure, number in self._session.rows(
                "DELETE FROM counter_increment RETURNING queue, measure, number"
            ):
                happened[queue, measure] += number
            self.add(happened)
