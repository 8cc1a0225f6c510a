"""The lines of jobs with locks: those of a queue and a priority that have the same key and limit.

A claim looks at one job of each line, and passes over the lines whose lock is busy: at most as many keys as there are
running jobs, however many jobs wait. Which locks are held is counted from the running jobs: nothing else is kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from queuectl_core.model.lock import AFTER_KEY, Lock
from queuectl_core.store.session import Session
from queuectl_core.store.turns import Row, by_turn, first_come

LOWEST_RANK = -(1 << 30)

Line: TypeAlias = tuple[int, str]
"""Its rank, and the text of its lock."""


class LineQueries(NamedTuple):
    """Statements about due jobs with locks of a `:queue`. A rank is a negative priority.

    `ranks`: the first rank after `:rank`. `locks`: the locks at `:rank` after the text `:after`, up to `:most`, in
    order. `jobs`: Rows with `:lock` at `:rank`, up to `:most`, first come, first served.
    """

    ranks: str
    locks: str
    jobs: str


def locks_query(ready: str) -> str:
    """The query `locks`, with one index look-up for each. `ready`: a table and the condition for the rank's jobs."""
    return (
        f"WITH RECURSIVE line (lock) AS (SELECT min(lock) FROM {ready} AND lock > :after"
        f" UNION ALL SELECT (SELECT min(lock) FROM {ready} AND lock > line.lock) FROM line WHERE line.lock IS NOT NULL)"
        " SELECT lock FROM line WHERE lock IS NOT NULL LIMIT :most"
    )


class HeldLocks:
    """How often each key is held."""

    def __init__(self, running: Iterable[tuple[str, int]]) -> None:
        self._running: Counter[str] = Counter()
        for text, jobs in running:
            self._running[Lock.read(text).key] += jobs

    @property
    def keys(self) -> int:
        """How many keys are held."""
        return len(self._running)

    def room(self, text: str) -> int:
        """How many more jobs with that lock may start."""
        lock = Lock.read(text)
        return lock.limit - self._running[lock.key]

    def taken(self, rows: Iterable[Row]) -> list[Row]:
        """Those that may start together, in that order; they hold their locks from now on."""
        return [row for row in rows if self._take(row[2])]

    def _take(self, text: str | None) -> bool:
        if text is None:
            return True
        if self.room(text) <= 0:
            return False
        self._running[Lock.read(text).key] += 1
        return True


class LockLines:
    """Of one claimer: the key that gives a job has its next turn after all others of its queue and priority."""

    def __init__(self, session: Session, queries: LineQueries) -> None:
        self._session = session
        self._queries = queries
        self._served: dict[tuple[str, int], str] = {}

    def held(self, keys: Iterable[str] | None = None) -> HeldLocks:
        """The locks that are held now: all, or those of some keys."""
        running = (
            f"SELECT lock, count(*) FROM job {self._session.dialect.by('job_lock')}"
            " WHERE state = 'processing' AND finished_at IS NULL AND lock IS NOT NULL"
        )
        if keys is None:
            return HeldLocks(self._session.rows(f"{running} GROUP BY lock"))
        of_keys = f"{running} AND lock > ? AND lock < ? GROUP BY lock"
        return HeldLocks(row for key in keys for row in self._session.rows(of_keys, (f"{key}=", key + AFTER_KEY)))

    def rows(self, queue: str, room: int, held: HeldLocks) -> list[Row]:
        """At least `room` jobs that may start, unless there are fewer: higher priorities first, keys in turn."""
        of_key: dict[tuple[int, str], list[list[Row]]] = defaultdict(list)
        for rank, lock in self._free(queue, room, held):
            chosen = {"queue": queue, "rank": rank, "lock": lock, "most": min(room, held.room(lock))}
            of_key[rank, Lock.read(lock).key].append(self._session.rows(self._queries.jobs, chosen))
        return by_turn(first_come(*lines) for lines in of_key.values())

    def given(self, queue: str, row: Row) -> None:
        """A job of that queue was taken."""
        rank, _, lock, *_ = row
        if lock is not None:
            self._served[queue, rank] = Lock.read(lock).key + AFTER_KEY

    def _free(self, queue: str, room: int, held: HeldLocks) -> list[Line]:
        """Up to `room` lines that may give a job each."""
        free: list[Line] = []
        of_key: Counter[str] = Counter()
        for rank in self._ranks(queue):
            for lock in self._in_turn(queue, rank, room + held.keys):
                key = Lock.read(lock).key
                if held.room(lock) > of_key[key]:
                    of_key[key] += 1
                    free.append((rank, lock))
                if len(free) == room:
                    return free
        return free

    def _ranks(self, queue: str) -> Iterator[int]:
        rank = LOWEST_RANK
        while found := self._session.rows(self._queries.ranks, {"queue": queue, "rank": rank}):
            [(rank,)] = found
            yield rank

    def _in_turn(self, queue: str, rank: int, at_once: int) -> Iterator[str]:
        """The locks after the one that was served last, then those up to it. `at_once`: how many are read."""
        served = self._served.get((queue, rank), "")
        yield from self._after(served, queue, rank, at_once)
        if served:
            yield from takewhile(lambda lock: lock < served, self._after("", queue, rank, at_once))

    def _after(self, after: str, queue: str, rank: int, at_once: int) -> Iterator[str]:
        while True:
            found = self._session.rows(
                self._queries.locks, {"queue": queue, "rank": rank, "after": after, "most": at_once}
            )
            for (lock,) in found:
                yield lock
            if len(found) < at_once:
                return
            after = found[-1][0]
