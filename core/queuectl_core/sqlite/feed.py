"""The event feed, ordered by sequence number: with a single writer at a time, this is the order of commits."""

import re

from queuectl_core.model.event import Event, EventType
from queuectl_core.store.feed import KEPT_EVENTS, News
from queuectl_core.store.session import Session

_CURSOR = re.compile("[0-9]{1,18}")


class SqliteFeed:
    """See Feed. A cursor is the number of the last event read."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def latest(self) -> str:
        """See Feed."""
        return str(self._newest())

    def after(self, cursor: str, limit: int = 1000) -> News:
        """See Feed."""
        seen = int(cursor) if _CURSOR.fullmatch(cursor) else -1
        rows = self._session.rows(
            "SELECT seq, kind, subject, queue, change, attempts, cancelling FROM event"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seen, limit),
        )
        if not rows and 0 <= seen <= self._newest():
            return News((), cursor, missed=False)
        if not rows or seen < 0:
            return News((), self.latest(), missed=True)
        events = [
            Event(EventType(kind), subject, queue, change, attempts, bool(cancelling))
            for _, kind, subject, queue, change, attempts, cancelling in rows
        ]
        return News(events, str(rows[-1][0]), missed=rows[0][0] > seen + 1)

    def trim(self) -> None:
        """See Feed."""
        with self._session.transaction():
            self._session.execute("DELETE FROM event WHERE seq <= ?", (self._newest() - KEPT_EVENTS,))

    def _newest(self) -> int:
        return self._session.value("SELECT seq FROM sqlite_sequence WHERE name = 'event'") or 0
