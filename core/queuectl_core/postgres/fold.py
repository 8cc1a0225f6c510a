"""Sums up the increments of counts, so that reading them remains cheap."""

from queuectl_core.postgres.counters import PostgresCounters
from queuectl_core.store.session import Session

_TALLY = (
    "WITH gone AS (DELETE FROM tally_increment RETURNING queue, state, jobs)"
    " INSERT INTO tally (queue, state, jobs) SELECT queue, state, sum(jobs) FROM gone GROUP BY queue, state"
    " ON CONFLICT (queue, state) DO UPDATE SET jobs = tally.jobs + excluded.jobs"
)
_SERIES = (
    "WITH gone AS (DELETE FROM series_increment RETURNING at, queue, measure, number)"
    " INSERT INTO series (at, queue, measure, number) SELECT at, queue, measure, sum(number) FROM gone"
    " GROUP BY at, queue, measure ORDER BY at, queue, measure"
    " ON CONFLICT (at, queue, measure) DO UPDATE SET number = series.number + excluded.number"
)


def fold(session: Session, counters: PostgresCounters) -> None:
    """Move all increments into the tables of sums. Any number of processes may do this at once, one at a time."""
    with session.transaction():
        session.lock("fold")
        session.execute(_TALLY)
        session.execute(_SERIES)
        counters.fold()
