"""The time index: the `seq` of the first job of each hour, which finds times without reading jobs."""

from queuectl_core.store.session import Session

HOUR = 3600
NEVER = 2**63 - 1


class TimeIndex:
    """Each row is the first of consecutive jobs that were enqueued in the same hour of the wall clock.

    An hour may have several rows: the clock can be set back, and a batch uses the time at which it began. All jobs of
    an hour belong to its rows, whatever the clock did.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, created_at: float, first: int) -> None:
        """Record when the newest jobs, from `seq` `first` on, were enqueued. Call it in their transaction."""
        hour = int(created_at // HOUR)
        if [(hour,)] != self._session.recall("SELECT hour FROM arrival ORDER BY seq DESC LIMIT 1"):
            self._session.execute("INSERT INTO arrival (seq, hour) VALUES (?, ?)", (first, hour))

    def between(self, since: float | None, until: float | None) -> range:
        """A range of `seq`s that includes all jobs of that time; None: unbounded on that side."""
        if since is None and until is None:
            return range(NEVER)
        slack = self._session.dialect.overlap_hours
        first, last = self._session.rows(
            "SELECT min(seq), max(seq) FROM arrival WHERE hour BETWEEN ? AND ?",
            (int((since or 0) // HOUR) - slack, NEVER if until is None else int(until // HOUR) + slack),
        )[0]
        if first is None:
            return range(0)
        return range(first, self._session.value("SELECT min(seq) FROM arrival WHERE seq > ?", (last,)) or NEVER)
