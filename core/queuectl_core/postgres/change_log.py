"""The change log for PostgreSQL: counts are written as increments.

The tables `tally` and `series` each have a child table of increments (`INHERITS`), so reading the parent reads both.
`fold` moves increments into the parent.
"""

import json

from queuectl_core.postgres.counters import PostgresCounters
from queuectl_core.postgres.notifier import Notifier
from queuectl_core.store.buffered_change_log import BufferedChangeLog
from queuectl_core.store.change_buffer import ChangeBuffer, Mark
from queuectl_core.store.series import period
from queuectl_core.store.session import Session

_WRITE = (
    "WITH counted AS (INSERT INTO tally_increment (queue, state, jobs)"
    " SELECT r->>0, r->>1, (r->>2)::int FROM json_array_elements(?::json) AS r),"
    " happened AS (INSERT INTO series_increment (at, queue, measure, number)"
    " SELECT (r->>0)::bigint, r->>1, r->>2, (r->>3)::int FROM json_array_elements(?::json) AS r),"
    " monitored AS (INSERT INTO counter_increment (queue, measure, number)"
    " SELECT r->>0, r->>1, (r->>2)::float8 FROM json_array_elements(?::json) AS r)"
    " INSERT INTO event (kind, subject, queue, change, attempts, cancelling)"
    " SELECT r->>0, r->>1, r->>2, r->>3, (r->>4)::int, (r->>5)::bool::int FROM json_array_elements(?::json) AS r"
)
"""Everything in one statement. As JSON, which is half the work of arrays."""


class PostgresChangeLog(BufferedChangeLog):
    """See BufferedChangeLog."""

    _any_locked = "(SELECT min(queue) FROM ready WHERE lock IS NOT NULL) IS NOT NULL"

    def __init__(self, session: Session, counters: PostgresCounters, notifier: Notifier) -> None:
        super().__init__(session, notifier)
        self._counters = counters
        self.some_held_up: bool | None = None
        """Whether any queue is limited, or any due job has a lock, if a claim in this transaction has looked."""

    def forget(self, queue: str) -> None:
        """See ChangeLog. Keeps what others have counted since the caller looked."""
        self._session.lock("fold")
        self._session.execute(
            "WITH gone AS (DELETE FROM tally WHERE queue = ? RETURNING queue, state, jobs)"
            " INSERT INTO tally_increment (queue, state, jobs) SELECT queue, state, sum(jobs) FROM gone"
            " GROUP BY queue, state HAVING sum(jobs) <> 0",
            (queue,),
        )
        self._counters.forget(queue)

    def closed(self) -> None:
        """See Buffer. The driver closes the notifier, which has a connection of its own."""

    def committed(self, *, changed: bool) -> None:
        """See Buffer."""
        super().committed(changed=changed)
        self.some_held_up = None

    def undo(self, mark: tuple[Mark, bool, bool]) -> None:
        """See Buffer."""
        super().undo(mark)
        self.some_held_up = None

    def _some_held_up(self) -> bool:
        return super()._some_held_up() if self.some_held_up is None else self.some_held_up

    def _write(self, buffer: ChangeBuffer) -> None:
        at = period()
        counts = (
            [(queue, state, number) for (queue, state), number in buffer.tally.items()],
            [(at, queue, measure, number) for (queue, measure), number in buffer.series.items() if number],
            [(queue, measure, float(number)) for (queue, measure), number in buffer.counters.items() if number],
            buffer.events,
        )
        self._session.later(_WRITE, [json.dumps(rows) for rows in counts])
