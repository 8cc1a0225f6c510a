"""The dead letter queue, grouped by failure."""

from queuectl_core.model.dlq import Group
from queuectl_core.model.filter import Filter
from queuectl_core.store.filter import all_of, conditions
from queuectl_core.store.session import Session

MAX_GROUPS = 500


class DeadLetterQueue:
    """Read only; takes no lock."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def groups(self, chosen: Filter) -> list[Group]:
        """The groups of the selected dead jobs, largest first, at most MAX_GROUPS.

        Scans a covering index once, and once more for the newest job of each group.
        """
        dialect = self._session.dialect
        where, parameters = all_of(conditions(chosen, dialect).values())
        dead = f"job {dialect.by('job_failure')} WHERE state = 'dead' AND {where}"
        newest = f"SELECT id FROM {dead} AND failure = died.failure AND finished_at = died.last_at"
        rows = self._session.rows(
            f"SELECT *, ({newest} ORDER BY seq DESC LIMIT 1) FROM ("
            f" SELECT failure, count(*) AS jobs, {dialect.distinct_list('queue')}, min(finished_at),"
            f" max(finished_at) AS last_at FROM {dead} GROUP BY failure ORDER BY jobs DESC, failure LIMIT ?"
            ") AS died",
            (*parameters, *parameters, MAX_GROUPS),
        )
        return [
            Group(failure, jobs, sorted(queues.split(",")), first_at, last_at, newest_id)
            for failure, jobs, queues, first_at, last_at, newest_id in rows
        ]
