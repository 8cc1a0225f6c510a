"""The time series for charts: updated with every change, coarser with age, bounded in size."""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from queuectl_core.model.series import FINEST, SPANS, Chart
from queuectl_core.store.change_log import Counts
from queuectl_core.store.session import Session

HOUR, DAY = 3600, 86_400
COARSER = ((2 * HOUR, 300), (2 * DAY, HOUR), (8 * DAY, 6 * HOUR))
"""Age in seconds → resolution in seconds."""

MAX_AGE = 31 * DAY
MOST_ROWS = 300_000
RECENT = 30


def period() -> int:
    """When the current period began."""
    return int(time.time()) // FINEST * FINEST


class Series:
    """A row counts a measure of a queue in the period that begins at `at`, by the wall clock.

    Measures: `enqueued`, `completed`, `failed` (attempts, including the last one), `dead`, `cancelled`, `retried` (by
    users); `waiting`, the change in the number of pending and failed jobs; `wait:N` and `run:N`, durations in step N of
    a histogram.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, happened: Counts) -> None:
        """Add counts, by (queue, measure), to the current period. Call it in the transaction of the change."""
        at = period()
        self._add([(at, queue, measure, number) for (queue, measure), number in happened.items() if number])

    def _add(self, rows: Sequence[tuple[int, str, str, int]]) -> None:
        self._session.execute_many(
            "INSERT INTO series (at, queue, measure, number) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (at, queue, measure) DO UPDATE SET number = series.number + excluded.number",
            rows,
        )

    def chart(self, span: str, queue: str | None = None) -> Chart:
        """The chart for one of SPANS, up to now, of one queue or of all; empty for an unknown queue."""
        points, step = SPANS[span]
        newest = int(time.time()) // step * step
        first = newest - (points - 1) * step
        # One statement, so that the changes and the current depth are consistent. Grouped by point, because sorting all
        # rows at once takes SQLite three times as long.
        totals = self._session.dialect.json_object("measure", "total")
        rows = self._session.rows(
            "WITH RECURSIVE point (at) AS (SELECT :first UNION ALL SELECT at + :step FROM point WHERE at < :newest)"
            f" SELECT at, (SELECT {totals} FROM (SELECT measure, sum(number) AS total"
            " FROM series WHERE series.at >= point.at AND series.at < point.at + :step"
            " AND (CAST(:queue AS text) IS NULL OR queue = :queue) GROUP BY measure) AS measured),"
            " (SELECT sum(jobs) FROM tally WHERE state IN ('pending', 'failed')"
            " AND (CAST(:queue AS text) IS NULL OR queue = :queue))"
            " FROM point",
            {"first": first, "step": step, "newest": newest, "queue": queue},
        )
        return Chart.of(step, {at: Counter(json.loads(counted)) for at, counted, _ in rows}, rows[0][2] or 0)

    def recent(self) -> dict[str, list[int]]:
        """Attempts that ended in each of the last RECENT periods of FINEST seconds, oldest first, by queue.

        Queues without any are omitted.
        """
        first = (int(time.time()) // FINEST - RECENT + 1) * FINEST
        ended: dict[str, list[int]] = {}
        for queue, place, number in self._session.rows(
            "SELECT queue, (at - :first) / :step AS place, sum(number) FROM series"
            " WHERE at >= :first AND at < :first + :step * :recent AND measure IN ('completed', 'failed')"
            " GROUP BY queue, place",
            {"first": first, "step": FINEST, "recent": RECENT},
        ):
            ended.setdefault(queue, [0] * RECENT)[place] = number
        return ended

    def compact(self) -> None:
        """Merge rows into coarser ones as they age, and delete the oldest; sooner, if there are many.

        Each short transaction preserves all sums, so several processes may do this at once, and any may be killed.
        """
        speed = 1
        while self._compact_once(speed) > MOST_ROWS:
            speed *= 2

    def _compact_once(self, speed: int) -> int:
        """Returns the number of remaining rows."""
        now = int(time.time())
        if speed > 1:  # rows in the future, after the wall clock was set back, are deleted first
            for at in self._times(now + FINEST, sys.maxsize):
                self._drop(at)
        for age, step in COARSER:
            for at in self._times(0, (now - age // speed) // step * step):
                if at % step:
                    self._merge(at, at - at % step)
        for at in self._times(0, now - MAX_AGE // speed):
            self._drop(at)
        rows: int = self._session.value("SELECT count(*) FROM series")
        return rows

    def _times(self, first: int, before: int) -> list[int]:
        """The distinct values of `at` from `first` until before `before`, with one index look-up each."""
        rows = self._session.rows(
            "WITH RECURSIVE moment (at) AS (SELECT min(at) FROM series WHERE at >= :first UNION ALL"
            " SELECT (SELECT min(at) FROM series WHERE series.at > moment.at) FROM moment WHERE at < :before)"
            " SELECT at FROM moment WHERE at < :before",
            {"first": first, "before": before},
        )
        return [row[0] for row in rows]

    def _merge(self, at: int, into: int) -> None:
        with self._session.transaction():
            # Deleted first: if several processes do this at once, each row is moved by one of them.
            moved = self._session.rows("DELETE FROM series WHERE at = ? RETURNING queue, measure, number", (at,))
            self._add([(into, *row) for row in moved])

    def _drop(self, at: int) -> None:
        self._session.execute("DELETE FROM series WHERE at = ?", (at,))
