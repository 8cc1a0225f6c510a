"""The locks in use: by jobs that run, and by jobs that wait."""

from queuectl_core.model.lock import AFTER_KEY, Lock, LockUse
from queuectl_core.model.page import Page
from queuectl_core.model.state import ENDED, State
from queuectl_core.store.session import Session

IN_USE = tuple(state for state in State if state not in ENDED)


class Locks:
    """Read only. A lock exists as long as a job that has not ended names it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._job = f"job {session.dialect.by('job_lock')} WHERE finished_at IS NULL AND lock IS NOT NULL"

    def page(self, *, limit: int, cursor: str | None = None) -> Page[LockUse]:
        """Locks by key, after the cursor, which is a key."""
        uses: list[LockUse] = []
        key = cursor or ""
        while (following := self._key_after(key)) is not None:
            if len(uses) == limit:
                return Page(uses, key)
            key = following
            uses.append(self.use(key))
        return Page(uses, None)

    def use(self, key: str) -> LockUse:
        """What uses a lock."""
        rows = [
            (Lock.read(text), state, jobs)
            for state in IN_USE
            for text, jobs in self._session.rows(
                f"SELECT lock, count(*) FROM {self._job} AND state = ? AND lock > ? AND lock < ? GROUP BY lock",
                (state, f"{key}=", key + AFTER_KEY),
            )
        ]
        limits = sorted({lock.limit for lock, _, _ in rows})
        running = sum(jobs for _, state, jobs in rows if state is State.PROCESSING)
        return LockUse(key, limits, running, sum(jobs for _, _, jobs in rows) - running)

    def _key_after(self, key: str) -> str | None:
        """The next key, with one index look-up for each state."""
        after = key + AFTER_KEY if key else ""
        following = f"SELECT min(lock) FROM {self._job} AND state = ? AND lock > ?"
        found = [self._session.value(following, (state, after)) for state in IN_USE]
        first = [text for text in found if text]
        return Lock.read(min(first)).key if first else None
