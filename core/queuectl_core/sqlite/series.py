"""The series of charts: counted as things happen, coarser with age, bounded."""

import json
import sys
import time
from collections import Counter

from queuectl_core.series import FINEST, SPANS, Chart
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.pending import Counts

HOUR, DAY = 3600, 86_400
COARSER = ((2 * HOUR, 300), (2 * DAY, HOUR), (8 * DAY, 6 * HOUR))
"""From that age on, rows stand for so many seconds."""

KEPT = 31 * DAY
MOST_ROWS = 300_000
RECENT = 30


class Series:
    """A row counts a measure of a queue in the time that begins at `at`, by the wall clock.

    Measures: `enqueued`, `completed`, `failed` (attempts, the last one as well), `dead`, `cancelled`; `waiting`, by how
    many the pending and failed jobs have become more; `wait:N` and `run:N`, durations in step N of a histogram.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, happened: Counts) -> None:
        """What happens now, (queue, measure) → how many more; a part of its transaction."""
        at = int(time.time()) // FINEST * FINEST
        self._db.execute_many(
            "INSERT INTO series (at, queue, measure, number) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (at, queue, measure) DO UPDATE SET number = number + excluded.number",
            [(at, queue, measure, number) for (queue, measure), number in happened.items() if number],
        )

    def chart(self, span: str, queue: str | None = None) -> Chart:
        """One of SPANS up to now, of one queue or all; one that was never heard of is one in which nothing happened."""
        points, step = SPANS[span]
        newest = int(time.time()) // step * step
        first = newest - (points - 1) * step
        # One statement, so that the changes and the depth that they led to are those of one moment. Grouped by point,
        # as sorting all rows at once takes SQLite three times as long.
        rows = self._db.rows(
            "WITH RECURSIVE point (at) AS (SELECT :first UNION ALL SELECT at + :step FROM point WHERE at < :newest)"
            " SELECT at, (SELECT json_group_object(measure, total) FROM (SELECT measure, sum(number) AS total"
            " FROM series WHERE series.at >= point.at AND series.at < point.at + :step"
            " AND (:queue IS NULL OR queue = :queue) GROUP BY measure)),"
            " (SELECT sum(jobs) FROM tally WHERE state IN ('pending', 'failed') AND (:queue IS NULL OR queue = :queue))"
            " FROM point",
            {"first": first, "step": step, "newest": newest, "queue": queue},
        )
        return Chart.of(step, {at: Counter(json.loads(counted)) for at, counted, _ in rows}, rows[0][2] or 0)

    def recent(self) -> dict[str, list[int]]:
        """Attempts that ended in each of the last RECENT times of FINEST seconds, oldest first, by queue.

        Queues in which none has ended are left out.
        """
        first = (int(time.time()) // FINEST - RECENT + 1) * FINEST
        ended: dict[str, list[int]] = {}
        for queue, place, number in self._db.rows(
            "SELECT queue, (at - :first) / :step AS place, sum(number) FROM series"
            " WHERE at >= :first AND at < :first + :step * :recent AND measure IN ('completed', 'failed')"
            " GROUP BY queue, place",
            {"first": first, "step": FINEST, "recent": RECENT},
        ):
            ended.setdefault(queue, [0] * RECENT)[place] = number
        return ended

    def compact(self) -> None:
        """Make rows coarser as they grow old, and drop the oldest; the more there are, the sooner.

        In short transactions, each of which leaves every sum as it was: others may do the same meanwhile, or be killed.
        """
        haste = 1
        while self._grow_old(haste) > MOST_ROWS:
            haste *= 2

    def _grow_old(self, haste: int) -> int:
        """Returns how many rows are left."""
        now = int(time.time())
        if haste > 1:  # what is of a time that has not come, as the wall clock was set back, goes first
            for at in self._moments(now + FINEST, sys.maxsize):
                self._drop(at)
        for age, step in COARSER:
            for at in self._moments(0, (now - age // haste) // step * step):
                if at % step:
                    self._merge(at, at - at % step)
        for at in self._moments(0, now - KEPT // haste):
            self._drop(at)
        rows: int = self._db.value("SELECT count(*) FROM series")
        return rows

    def _moments(self, first: int, before: int) -> list[int]:
        """Each `at` from `first` on, once: found by hopping from one to the next."""
        rows = self._db.rows(
            "WITH RECURSIVE moment (at) AS (SELECT min(at) FROM series WHERE at >= :first UNION ALL"
            " SELECT (SELECT min(at) FROM series WHERE series.at > moment.at) FROM moment WHERE at < :before)"
            " SELECT at FROM moment WHERE at < :before",
            {"first": first, "before": before},
        )
        return [row[0] for row in rows]

    def _merge(self, at: int, into: int) -> None:
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO series (at, queue, measure, number)"
                " SELECT ?, queue, measure, number FROM series WHERE at = ?"
                " ON CONFLICT (at, queue, measure) DO UPDATE SET number = number + excluded.number",
                (into, at),
            )
            self._drop(at)

    def _drop(self, at: int) -> None:
        self._db.execute("DELETE FROM series WHERE at = ?", (at,))
