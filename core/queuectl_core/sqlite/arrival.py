"""When jobs came, kept by the hour: so that a time is found in the order of their arrival."""

from queuectl_core.sqlite.database import Database

HOUR = 3600
NEVER = 2**63 - 1


class Arrivals:
    """Each row is the first of some jobs that came one after the other in the same hour of the wall clock.

    An hour may have several rows, as the clock can be set back, and a batch is as old as its beginning. But all jobs of
    a time are those of the rows of its hours, whatever the clock did.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, created_at: float, first: int) -> None:
        """The newest jobs, from this one on, were enqueued then. A part of their transaction."""
        hour = int(created_at // HOUR)
        if hour != self._db.value("SELECT hour FROM arrival ORDER BY seq DESC LIMIT 1"):
            self._db.execute("INSERT INTO arrival (seq, hour) VALUES (?, ?)", (first, hour))

    def between(self, since: float | None, until: float | None) -> range:
        """Numbers among which all jobs of that time are; None: it has no end on that side."""
        if since is None and until is None:
            return range(NEVER)
        first, last = self._db.rows(
            "SELECT min(seq), max(seq) FROM arrival WHERE hour BETWEEN ? AND ?",
            (int((since or 0) // HOUR), NEVER if until is None else int(until // HOUR)),
        )[0]
        if first is None:
            return range(0)
        return range(first, self._db.value("SELECT min(seq) FROM arrival WHERE seq > ?", (last,)) or NEVER)
