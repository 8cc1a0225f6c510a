"""Unique keys: at most one job holds a key at a time. A unique index on `job.held_key` guarantees it.

The transition that ends a job releases its key, in the same statement. A job that holds its key for a given time does
so until `held_until`; the next operation that needs the key releases it, so nothing has to watch these times.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from queuectl_core.model.errors import KeyHeld
from queuectl_core.model.state import WAITING, Verb
from queuectl_core.model.unique import OnConflict
from queuectl_core.store.dialect import marks
from queuectl_core.store.job_tags import replace_tags
from queuectl_core.store.session import Session
from queuectl_core.store.transitions import FOUND, Found, Transitions, found

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import NewJob

COLUMNS = "unique_key, unique_for, held_key, held_until"

EXPIRE = "UPDATE job SET held_key = NULL WHERE held_until <= ?"
"""Releases keys whose time is over. Another condition follows: which keys are needed."""

MOVE_HELD_KEYS = "UPDATE job SET held_until = held_until + ? WHERE held_key IS NOT NULL"
"""If the wall clock is set, keys are held as long as if it had not been."""


def values(job: "NewJob", now: float) -> tuple[Any, ...]:
    """The values of COLUMNS for a job that is enqueued now."""
    return (job.unique, job.unique_for, job.unique, None if job.unique_for is None else now + job.unique_for)


class Replaced(NamedTuple):
    """What replaces the settings of a waiting job: columns, their values, its tags, and when it is due."""

    columns: dict[str, Any]
    tags: Sequence[str]
    due_at: float


class UniqueKeys:
    """Called inside the transaction of the change. Times are those of the store's clock."""

    def __init__(self, session: Session, transitions: Transitions) -> None:
        self._session = session
        self._transitions = transitions

    def holder(self, key: str, now: float, *, lock: bool = False) -> Found | None:
        """The job that holds the key. `lock`: its row as well."""
        self._expire([key], now)
        locked = self._session.dialect.lock_rows if lock else ""
        row = self._session.row(f"SELECT {FOUND} FROM job WHERE held_key = ? {locked}", (key,))
        return found(row) if row else None

    def refuse(self, key: str, holder: Found, on_conflict: OnConflict | None) -> None:
        """Raise KeyHeld unless the holder may be returned, or replaced."""
        if on_conflict is OnConflict.REJECT:
            raise KeyHeld(key, holder.id)
        if on_conflict is OnConflict.REPLACE and holder.state not in WAITING:
            raise KeyHeld(key, holder.id, not_replaced(holder.state))

    def replace(self, holder: Found, new: Replaced, now: float) -> None:
        """Change a waiting job, whose row is locked, into the one that was to be enqueued."""
        self._transitions.apply(Verb.EDIT, [holder], holder.state, now, due_at=new.due_at, **new.columns)
        replace_tags(self._session, holder.seq, new.tags)

    def passed_over(self, jobs: Sequence[Found], now: float) -> dict[int, KeyHeld]:
        """Those of these jobs that cannot be retried, by `seq`, because another one holds their key.

        Of several with the same key, the first one takes it.
        """
        keys = {job.seq: job.unique_key for job in jobs if job.unique_key is not None}
        if not keys:
            return {}
        self._expire([*keys.values()], now)
        holders = {
            key: (seq, job_id)
            for key, seq, job_id in self._session.rows(
                f"SELECT held_key, seq, id FROM job WHERE held_key IN ({marks(len(keys))})", [*keys.values()]
            )
        }
        timed = {
            seq
            for (seq,) in self._session.rows(
                f"SELECT seq FROM job WHERE seq IN ({marks(len(keys))}) AND unique_for IS NOT NULL", [*keys]
            )
        }
        refused: dict[int, KeyHeld] = {}
        for job in jobs:
            key = keys.get(job.seq)
            if key is None:
                continue
            if key not in holders and job.seq not in timed:
                holders[key] = (job.seq, job.id)
            if key in holders and holders[key][0] != job.seq:
                refused[job.seq] = KeyHeld(key, holders[key][1], f"job {job.id!r} can be retried when that has ended")
        return refused

    def _expire(self, keys: Sequence[str], now: float) -> None:
        """Release those of these keys whose time is over."""
        self._session.execute(f"{EXPIRE} AND held_key IN ({marks(len(keys))})", [now, *keys])


def not_replaced(state: str) -> str:
    """Why the holder of a key is not replaced."""
    return f"it is {state}, and only a waiting job can be replaced"
