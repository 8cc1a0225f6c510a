"""The dead letter queue, by what its jobs died of."""

from dataclasses import dataclass

from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.filter import Filter, all_of

MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class Group:
    """Dead jobs with one kind of failure; `newest` is the id of the one that died last. Seconds since the epoch."""

    failure: str
    count: int
    queues: list[str]
    first_at: float
    last_at: float
    newest: str


class DeadLetters:
    """Reads; takes no lock."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def groups(self, chosen: Filter) -> list[Group]:
        """The largest groups of the dead jobs that are chosen, the largest first: MOST_GROUPS at most.

        One walk of an index that holds all it takes, and another one for the newest of each group.
        """
        where, parameters = all_of(chosen.conditions().values())
        dead = f"job INDEXED BY job_failure WHERE state = 'dead' AND {where}"
        newest = f"SELECT id FROM {dead} AND failure = died.failure AND finished_at = died.last_at"
        rows = self._db.rows(
            f"SELECT *, ({newest} ORDER BY seq DESC LIMIT 1) FROM ("
            " SELECT failure, count(*) AS jobs, group_concat(DISTINCT queue), min(finished_at),"
            f" max(finished_at) AS last_at FROM {dead} GROUP BY failure ORDER BY jobs DESC, failure LIMIT ?"
            ") AS died",
            (*parameters, *parameters, MOST_GROUPS),
        )
        return [
            Group(failure, jobs, sorted(queues.split(",")), first_at, last_at, newest_id)
            for failure, jobs, queues, first_at, last_at, newest_id in rows
        ]
