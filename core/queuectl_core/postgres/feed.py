"""The event feed. Transactions commit in another order than that of their events, so a cursor is a snapshot.

The cursor names the server's timeline and the snapshot of the last read (`pg_current_snapshot()`): the next read
returns the events of all transactions that were not visible in it, so none is missed or read twice. After a failover
there is another timeline, in which transaction numbers may mean others: every reader starts again.

Trimmed events may be of any transaction up to the newest trimmed one. So a reader whose snapshot was before that one,
or before the end of a transaction that began before that one, may have missed events.
"""

import re
from itertools import pairwise

from queuectl_core.model.event import Event, EventType
from queuectl_core.postgres.connection import TIMELINE
from queuectl_core.store.feed import KEPT_EVENTS, News
from queuectl_core.store.session import Session

_SNAPSHOT = "([0-9]{1,18}):([0-9]{1,18}):([0-9,]*)"
_CURSOR = re.compile(rf"([0-9A-F]{{8}})-({_SNAPSHOT})(?:-({_SNAPSHOT})-([0-9]{{1,18}}))?")

_READ = (
    f"SELECT {TIMELINE}, pg_current_snapshot()::text,"
    " greatest(pg_snapshot_xmax(:seen::pg_snapshot), pg_snapshot_xmax(:until::pg_snapshot))"
    " > pg_snapshot_xmax(pg_current_snapshot())"
    " OR EXISTS (SELECT 1 FROM (SELECT seq, xid AS newest, CASE WHEN seq <= :last THEN coalesce(:until, :seen)"
    " ELSE :seen END::pg_snapshot AS seen FROM event_trimmed) AS trimmed WHERE newest >= pg_snapshot_xmax(seen)"
    " OR EXISTS (SELECT 1 FROM pg_snapshot_xip(seen) AS running (xid) WHERE xid <= newest"
    " AND pg_visible_in_snapshot(xid, pg_current_snapshot()))),"
    " (SELECT coalesce(json_agg(json_build_array(seq, kind, subject, queue, change, attempts, cancelling)), '[]')"
    " FROM (SELECT * FROM event WHERE xid >= pg_snapshot_xmin(:seen::pg_snapshot)"
    " AND NOT pg_visible_in_snapshot(xid, :seen::pg_snapshot)"
    " AND (:until::pg_snapshot IS NULL OR pg_visible_in_snapshot(xid, :until::pg_snapshot))"
    " AND seq > :last ORDER BY seq LIMIT :most) AS unseen)"
)


class PostgresFeed:
    """See Feed. After a part of a long read, the cursor also has that read's own snapshot and its last event so far."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def latest(self) -> str:
        """See Feed."""
        return str(self._session.value(f"SELECT {TIMELINE} || '-' || pg_current_snapshot()"))

    def after(self, cursor: str, limit: int = 1000) -> News:
        """See Feed."""
        timeline, seen, until, last = _parsed(cursor)
        if not seen:
            return self._missed()
        [(now_timeline, now, missed, rows)] = self._session.rows(
            _READ, {"seen": seen, "until": until, "last": last, "most": limit + 1}
        )
        if missed or timeline != now_timeline:
            return self._missed()
        until = until or now
        following = f"{timeline}-{until}"
        if len(rows) > limit:
            rows = rows[:limit]
            following = f"{timeline}-{seen}-{until}-{rows[-1][0]}"
        events = [
            Event(EventType(kind), subject, queue, change, attempts, bool(cancelling))
            for _, kind, subject, queue, change, attempts, cancelling in rows
        ]
        return News(events, following, missed=False)

    def _missed(self) -> News:
        return News((), self.latest(), missed=True)

    def trim(self) -> None:
        """See Feed."""
        with self._session.transaction():
            self._session.lock("events")
            self._session.execute(
                "WITH gone AS (DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ? RETURNING seq, xid)"
                " UPDATE event_trimmed SET seq = greatest(event_trimmed.seq, newest.seq),"
                " xid = greatest(event_trimmed.xid, newest.xid)"
                " FROM (SELECT max(seq) AS seq, (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1) AS xid FROM gone)"
                " AS newest WHERE newest.seq IS NOT NULL",
                (KEPT_EVENTS,),
            )


def _parsed(cursor: str) -> tuple[str, str, str | None, int]:
    """The timeline, the snapshot, that of an unfinished read, and its last event. Empty if the cursor is invalid."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        return "", "", None, 0
    timeline, seen, *of_seen, until, of_until_min, of_until_max, of_until_list, last = found.groups()
    if not _is_snapshot(*of_seen) or (until and not _is_snapshot(of_until_min, of_until_max, of_until_list)):
        return "", "", None, 0
    return timeline, seen, until, int(last or 0)


def _is_snapshot(xmin: str, xmax: str, running: str) -> bool:
    """Whether PostgreSQL accepts it: a number, a larger or equal one, and sorted ones from the first to the second."""
    try:
        numbers = [int(number) for number in running.split(",")] if running else []
    except ValueError:
        return False
    low, high = int(xmin), int(xmax)
    return (
        0 < low <= high
        and all(low <= number < high for number in numbers)
        and all(one < other for one, other in pairwise(numbers))
    )
