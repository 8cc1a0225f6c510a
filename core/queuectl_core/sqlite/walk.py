"""Going through jobs in order by an index: never by looking at all of them, never by sorting."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, TypeAlias

from queuectl_core.errors import InvalidCursor
from queuectl_core.sqlite.arrival import NEVER, Arrivals
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.filter import Filter, all_of
from queuectl_core.state import ENDED

ENOUGH = 50_000
"""Rows of an index that are counted to see whether it is the best one."""

APART = 10
"""How many times as much it costs to look at a job that lies apart from the one before, and not beside it."""

Place: TypeAlias = tuple[float, ...]
"""Where a job is in an order: its `seq`; its `finished_at` and `seq` in an order by the end."""

_BY_ARRIVAL = re.compile(r"([0-9]{1,18})")
_BY_END = re.compile(r"([0-9]{1,18}\.[0-9]{1,18}):([0-9]{1,18})")


class Sort(StrEnum):
    """The orders. One by `finished_at` holds only jobs that have ended."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    ENDED_LAST = "-finished_at"
    ENDED_FIRST = "finished_at"

    @property
    def by_end(self) -> bool:
        """By the end, not by arrival."""
        return self.endswith("finished_at")

    @property
    def descending(self) -> bool:
        """The latest first."""
        return self.startswith("-")

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that make a place."""
        return ("finished_at", "seq") if self.by_end else ("seq",)

    def place(self, cursor: str | None) -> Place | None:
        """What a cursor says; raises InvalidCursor."""
        if cursor is None:
            return None
        found = (_BY_END if self.by_end else _BY_ARRIVAL).fullmatch(cursor)
        if found is None:
            raise InvalidCursor(cursor)
        *finished_at, seq = found.groups()
        return (*map(float, finished_at), int(seq))


def as_cursor(place: Place | None) -> str | None:
    """A place as text."""
    return None if place is None else ":".join(map(repr, place))


@dataclass(frozen=True, slots=True)
class _Source:
    """What stands behind FROM and WHERE, and the parameters; `index`: as `table`, where no more of a job is needed."""

    table: str
    condition: str = "1"
    parameters: tuple[Any, ...] = ()
    index: str = ""

    @property
    def walked(self) -> str:
        """What to count steps on."""
        return self.index or self.table


@dataclass(frozen=True, slots=True)
class _Way:
    """One source, or several side by side that share no job.

    `meets`: how many jobs, about; `answers`: the condition of the filter for which no job need be looked at, "" for the
    way through the table itself, on which jobs lie side by side.
    """

    meets: int
    answers: str
    sources: list[_Source]

    def cost(self, conditions: Collection[str]) -> int:
        """Of a walk to its end."""
        if {*conditions} == {self.answers}:
            return 0
        return self.meets * APART if self.answers else self.meets


class Walk:
    """The jobs that a filter chooses, in an order.

    It goes the cheapest way. `exact`: all that it meets are chosen. Otherwise it may meet very many before it finds
    one, and `end` tells how far to go.
    """

    def __init__(self, db: Database, chosen: Filter, sort: Sort) -> None:
        self._db = db
        self._sort = sort
        self._seqs = Arrivals(db).between(chosen.since, chosen.until)
        conditions = chosen.conditions()
        ways = [self._by_end(chosen)] if sort.by_end else self._by_arrival(chosen)
        way = min(ways, key=lambda way: way.cost(conditions))
        self._sources = way.sources
        rest = [condition for name, condition in conditions.items() if name != way.answers]
        self.exact = not rest
        self._stride = APART if way.answers and rest else 1
        if sort.by_end:
            rest.append(("seq BETWEEN ? AND ?", (self._seqs.start, self._seqs.stop - 1)))
        self._rest, self._rest_parameters = all_of(rest)

    def end(self, after: Place | None, steps: int) -> Place | None:
        """The place at which about `steps` jobs behind `after` have been met; None where there are not so many.

        Fewer, where they lie apart and must be looked at.
        """
        within, bounds = self._within(after, None)
        reached = [
            self._db.row(
                f"SELECT {', '.join(self._sort.key)} FROM {source.walked} WHERE {source.condition}{within}"
                f" ORDER BY {self._order()} LIMIT 1 OFFSET ?",
                (*source.parameters, *bounds, max(steps // self._stride // len(self._sources) - 1, 0)),
            )
            for source in self._sources
        ]
        nearest = max if self._sort.descending else min
        return nearest((place for place in reached if place is not None), default=None)

    def rows(
        self, columns: str, after: Place | None, end: Place | None, limit: int, only: str = "1"
    ) -> list[tuple[Any, ...]]:
        """The first `limit` behind `after` and not behind `end` of which `only` is true; the key is in `columns`."""
        if not self._sources:
            return []
        sql, parameters = self._select(columns, after, end, only)
        return self._db.rows(f"{sql} ORDER BY {self._order()} LIMIT ?", (*parameters, limit))

    def count(self, after: Place | None, end: Place | None, only: str | None = None) -> int:
        """How many are behind `after` and not behind `end`; `only`: of which that is true."""
        bare = self.exact and only is None
        sql, parameters = self._select("1", after, end, only or "1", bare=bare)
        number: int = self._db.value(f"SELECT count(*) FROM ({sql})", parameters)
        return number

    def _select(
        self, columns: str, after: Place | None, end: Place | None, only: str, *, bare: bool = False
    ) -> tuple[str, tuple[Any, ...]]:
        """All of them in one SELECT, which SQLite merges where it is ordered; `bare`: nothing of the jobs is needed."""
        within, bounds = self._within(after, end)
        sql = " UNION ALL ".join(
            f"SELECT {columns} FROM {source.walked if bare else source.table}"
            f" WHERE {source.condition}{within} AND {self._rest} AND {only}"
            for source in self._sources
        )
        parameters = ((*source.parameters, *bounds, *self._rest_parameters) for source in self._sources)
        return sql, tuple(chain.from_iterable(parameters))

    def _within(self, after: Place | None, end: Place | None) -> tuple[str, tuple[Any, ...]]:
        """SQL for: behind `after`, and not behind `end`."""
        down = self._sort.descending
        if not self._sort.by_end:
            after, end = self._within_the_time(after, end)
        sql, bounds = "", tuple[Any, ...]()
        for place, comparison in ((after, "<" if down else ">"), (end, ">=" if down else "<=")):
            if place is not None:
                sql += f" AND ({', '.join(self._sort.key)}) {comparison} ({', '.join('?' * len(place))})"
                bounds += place
        return sql, bounds

    def _within_the_time(self, after: Place | None, end: Place | None) -> tuple[Place, Place]:
        """The nearer ones: of two bounds on one side, SQLite may begin at the farther."""
        first, last = self._seqs.start, self._seqs.stop - 1
        if self._sort.descending:
            return min(after or (NEVER,), (last + 1,)), max(end or (0,), (first,))
        return max(after or (0,), (first - 1,)), min(end or (NEVER,), (last,))

    def _order(self) -> str:
        return ", ".join(f"{column} DESC" if self._sort.descending else column for column in self._sort.key)

    def _by_end(self, chosen: Filter) -> _Way:
        states = [state for state in chosen.states or sorted(ENDED) if state in ENDED]
        condition = "state = ? AND finished_at IS NOT NULL"
        return _Way(0, "states", [_Source("job INDEXED BY job_finished", condition, (state,)) for state in states])

    def _by_arrival(self, chosen: Filter) -> list[_Way]:
        ways = []
        if chosen.failure is not None:
            dead = _Source("job INDEXED BY job_failure", "state = 'dead' AND failure = ?", (chosen.failure,))
            ways.append(_Way(self._count(dead), "failure", [dead]))
        if chosen.tag is not None:
            tagged = _Source("job_tag CROSS JOIN job USING (seq)", "tag = ?", (chosen.tag,), index="job_tag")
            ways.append(_Way(self._count(tagged), "tag", [tagged]))
        if chosen.states:
            each = [_Source("job INDEXED BY job_state", "state = ?", (state,)) for state in chosen.states]
            marks = ", ".join("?" * len(each))
            ways.append(_Way(self._tally(f"state IN ({marks})", chosen.states), "states", each))
        if chosen.queue is not None:
            waiting = _Source("job INDEXED BY job_queue", "queue = ?", (chosen.queue,))
            ways.append(_Way(self._tally("queue = ?", (chosen.queue,)), "queue", [waiting]))
        ways.append(_Way(self._between(), "", [_Source("job NOT INDEXED")]))
        return ways

    def _between(self) -> int:
        newest = self._db.value("SELECT max(seq) FROM job") or 0
        return min(self._seqs.stop, newest + 1) - self._seqs.start

    def _tally(self, condition: str, parameters: tuple[str, ...]) -> int:
        return self._db.value(f"SELECT sum(jobs) FROM tally WHERE {condition}", parameters) or 0

    def _count(self, source: _Source) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {source.walked} WHERE {source.condition} LIMIT ?)"
        number: int = self._db.value(sql, (*source.parameters, ENOUGH))
        return number
