"""Two narrow tables, so that a claim reads no other jobs: `ready`, the line, and `waiting`, for delayed jobs.

`ready.place` is drawn when a job becomes due: first come, first served, whatever its number. A transaction that
changes one of their rows holds the lock of the job's row.
"""

from collections.abc import Sequence
from typing import TypeAlias

from queuectl_core.model.state import WAITING, Verb
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import Change

INSERT_READY = "INSERT INTO ready (queue, rank, lock, seq) SELECT queue, -priority, lock, seq FROM"
INSERT_WAITING = "INSERT INTO waiting (seq, at) SELECT seq, next_run_at FROM"

_PLACE = (
    "WITH moved AS MATERIALIZED"
    " (SELECT seq, queue, priority, lock, due, next_run_at FROM job WHERE seq = ANY(?::bigint[])),"
    " not_ready AS (DELETE FROM ready WHERE seq = ANY(ARRAY(SELECT seq FROM moved WHERE due = 0))),"
    " not_waiting AS (DELETE FROM waiting WHERE seq = ANY(ARRAY(SELECT seq FROM moved WHERE due = 1))),"
    f" ready_now AS ({INSERT_READY} moved WHERE due = 1 ORDER BY seq"
    " ON CONFLICT (seq) DO UPDATE SET queue = excluded.queue, rank = excluded.rank, lock = excluded.lock)"
    f" {INSERT_WAITING} moved WHERE due = 0 ON CONFLICT (seq) DO UPDATE SET at = excluded.at"
)
"""Jobs that are in the line already keep their place."""

MOST_PROMOTED = 1000
"""Jobs that become due in one transaction."""

_Mark: TypeAlias = tuple[list[int], int, list[int], int]


class ReadyJobs:
    """An `Observer`, and a `Buffer` in the session's transactions. Claims remove the jobs that they take themselves."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stay: list[int] = []
        self._leave: list[int] = []

    def moved(self, changes: Sequence[Change]) -> None:
        """See Observer."""
        for change in changes:
            if change.target in WAITING:
                self._stay.append(change.seq)
            elif change.source in WAITING and change.verb is not Verb.CLAIM:
                self._leave.append(change.seq)

    def promote(self, now: float) -> int:
        """Move jobs that are due by now into the line; returns how many. Call it in a transaction.

        The row of `waiting` is locked as well: if a job's time has changed since the statement began, that one counts.
        """
        return self._session.execute(
            "WITH due AS MATERIALIZED (SELECT waiting.seq FROM waiting JOIN job ON job.seq = waiting.seq"
            " WHERE at <= ? AND due = 0 ORDER BY at LIMIT ? FOR UPDATE OF job, waiting SKIP LOCKED),"
            " gone AS (DELETE FROM waiting WHERE seq = ANY(ARRAY(SELECT seq FROM due))),"
            " moved AS (UPDATE job SET due = 1 WHERE seq = ANY(ARRAY(SELECT seq FROM due))"
            " RETURNING queue, priority, lock, seq)"
            f" {INSERT_READY} moved ORDER BY seq",
            (now, MOST_PROMOTED),
        )

    # Buffer

    def mark(self) -> _Mark:
        """See Buffer."""
        return self._stay, len(self._stay), self._leave, len(self._leave)

    def undo(self, mark: _Mark) -> None:
        """See Buffer."""
        self._stay, stay, self._leave, leave = mark
        del self._stay[stay:], self._leave[leave:]

    def flush(self) -> None:
        """See Buffer."""
        if self._leave:
            self._remove(self._leave)
        if self._stay:
            self._place(self._stay)
        self._stay, self._leave = [], []  # a mark may still refer to the old lists

    def committed(self, *, changed: bool) -> None:
        """See Buffer."""

    def closed(self) -> None:
        """See Buffer."""

    def _remove(self, seqs: list[int]) -> None:
        for table in ("ready", "waiting"):
            self._session.later(f"DELETE FROM {table} WHERE seq = ANY(?::bigint[])", (seqs,))

    def _place(self, seqs: list[int]) -> None:
        self._session.later(_PLACE, (seqs,))
