"""Keyset pagination: reads jobs in index order, without a full scan or sort."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import Any

from queuectl_core.model.filter import Filter
from queuectl_core.model.sort import Key, Sort
from queuectl_core.model.state import ENDED
from queuectl_core.store.dialect import marks
from queuectl_core.store.filter import all_of, conditions
from queuectl_core.store.session import Session
from queuectl_core.store.time_index import NEVER, TimeIndex

COUNTED_ROWS = 50_000
"""Maximum number of index rows counted to estimate how many match."""

RANDOM_ACCESS = 10
"""The cost of reading a job through an index, relative to reading the next job in the table."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A FROM and a WHERE clause, with parameters.

    `index`: replaces `table` if no column of `job` is needed.
    """

    table: str
    condition: str = "1 = 1"
    parameters: tuple[Any, ...] = ()
    index: str = ""

    @property
    def scanned(self) -> str:
        """The cheapest table or index to count rows in."""
        return self.index or self.table


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query plan: one source, or several disjoint ones that are merged.

    `estimated_rows`: how many rows the plan reads in total. `covers`: the filter's conditions that the index covers;
    none if the plan scans the table itself.
    """

    estimated_rows: int
    covers: frozenset[str]
    sources: list[_Source]

    def cost(self, wanted: Collection[str]) -> int:
        """The cost of reading all rows."""
        if {*wanted} == self.covers:
            return 0
        return self.estimated_rows * RANDOM_ACCESS if self.covers else self.estimated_rows


class Keyset:
    """The jobs that a filter selects, in a sort order, read by the cheapest plan.

    `exact`: every row read matches the filter. Otherwise many rows may not match, and `end` limits how many are read.
    """

    def __init__(self, session: Session, chosen: Filter, sort: Sort) -> None:
        self._session = session
        self._dialect = session.dialect
        self._sort = sort
        self._seqs = TimeIndex(session).between(chosen.enqueued_since, chosen.enqueued_until)
        self._lower, self._upper = self._bounds(chosen)
        wanted = conditions(chosen, session.dialect)
        plans = [self._by_end(chosen)] if sort.by_end else self._by_seq(chosen)
        plan = min(plans, key=lambda plan: plan.cost(wanted))
        self._sources = plan.sources
        rest = [condition for name, condition in wanted.items() if name not in plan.covers]
        self.exact = not rest
        self._stride = RANDOM_ACCESS if plan.covers and rest else 1
        if sort.by_end:
            rest.append(("seq BETWEEN ? AND ?", (self._seqs.start, self._seqs.stop - 1)))
        self._rest, self._rest_parameters = all_of(rest)

    def end(self, after: Key | None, rows: int) -> Key | None:
        """The key that is about `rows` rows after `after`; None if there are fewer.

        Counts fewer rows if each one requires reading the job through an index.
        """
        within, bounds = self._within(after, None)
        reached = [
            self._session.row(
                f"SELECT {', '.join(self._sort.columns)} FROM {source.scanned} WHERE {source.condition}{within}"
                f" ORDER BY {self._order()} LIMIT 1 OFFSET ?",
                (*source.parameters, *bounds, max(rows // self._stride // len(self._sources) - 1, 0)),
            )
            for source in self._sources
        ]
        nearest = max if self._sort.descending else min
        return nearest((key for key in reached if key is not None), default=None)

    def rows(
        self, columns: str, after: Key | None, end: Key | None, limit: int, only: str = "1 = 1"
    ) -> list[tuple[Any, ...]]:
        """The first `limit` jobs after `after`, up to `end`, that match `only`. `columns` must include the sort key."""
        if not self._sources:
            return []
        each = None if self._dialect.merges_in_order or len(self._sources) == 1 else limit
        sql, parameters = self._select(columns, after, end, only, each=each)
        return self._session.rows(f"{sql} ORDER BY {self._order()} LIMIT ?", (*parameters, limit))

    def count(self, after: Key | None, end: Key | None, only: str | None = None) -> int:
        """The number of jobs after `after`, up to `end`. `only`: count only those that match."""
        if not self._sources:
            return 0
        index_only = self.exact and only is None
        sql, parameters = self._select("1", after, end, only or "1 = 1", index_only=index_only)
        number: int = self._session.value(f"SELECT count(*) FROM ({sql}) AS found", parameters)
        return number

    def _select(
        self,
        columns: str,
        after: Key | None,
        end: Key | None,
        only: str,
        *,
        index_only: bool = False,
        each: int | None = None,
    ) -> tuple[str, tuple[Any, ...]]:
        """One SELECT over all sources. `index_only`: read the index only. `each`: the most rows of each source."""
        within, bounds = self._within(after, end)
        selects = [
            f"SELECT {columns} FROM {source.scanned if index_only else source.table}"
            f" WHERE {source.condition}{within} AND {self._rest} AND {only}"
            for source in self._sources
        ]
        if each is not None:
            selects = [f"({sql} ORDER BY {self._order()} LIMIT ?)" for sql in selects]
        first = () if each is None else (each,)
        parameters = ((*source.parameters, *bounds, *self._rest_parameters, *first) for source in self._sources)
        return " UNION ALL ".join(selects), tuple(chain.from_iterable(parameters))

    def _within(self, after: Key | None, end: Key | None) -> tuple[str, tuple[Any, ...]]:
        """SQL for: after `after`, up to `end`."""
        # Only the tighter of two bounds on one side: SQLite may start at the looser one.
        if self._sort.descending:
            bounds = ("<", min(after or self._upper, self._upper)), (">=", max(end or self._lower, self._lower))
        else:
            bounds = (">", max(after or self._lower, self._lower)), ("<=", min(end or self._upper, self._upper))
        columns = ", ".join(self._sort.columns)
        sql = "".join(f" AND ({columns}) {comparison} ({marks(len(key))})" for comparison, key in bounds)
        return sql, tuple(chain.from_iterable(key for _, key in bounds))

    def _bounds(self, chosen: Filter) -> tuple[Key, Key]:
        """Bounds for the sort key that follow from the filter's times."""
        if not self._sort.by_end:
            return (self._seqs.start - 1,), (self._seqs.stop,)
        since, until = chosen.finished_since, chosen.finished_until
        return (0 if since is None else since, 0), (NEVER if until is None else until, 0)

    def _order(self) -> str:
        return ", ".join(f"{column} DESC" if self._sort.descending else column for column in self._sort.columns)

    def _by_end(self, chosen: Filter) -> _Plan:
        states = [state for state in chosen.states or sorted(ENDED) if state in ENDED]
        condition = "state = ? AND finished_at IS NOT NULL"
        covers = frozenset({"states", "finished_since", "finished_until"})
        return _Plan(0, covers, [_Source(f"job {self._by('job_finished')}", condition, (state,)) for state in states])

    def _by_seq(self, chosen: Filter) -> list[_Plan]:
        plans = []
        if chosen.failure is not None:
            dead = _Source(f"job {self._by('job_failure')}", "state = 'dead' AND failure = ?", (chosen.failure,))
            plans.append(_Plan(self._count_rows(dead), frozenset({"failure"}), [dead]))
        if len(chosen.tags) == 1:  # with several tags, a job could be read more than once
            tagged = _Source(
                f"job_tag {self._dialect.ordered_join} job USING (seq)", "tag = ?", chosen.tags, index="job_tag"
            )
            plans.append(_Plan(self._count_rows(tagged), frozenset({"tags"}), [tagged]))
        if chosen.states:
            plans.append(self._by_tally("state", chosen.states, "states"))
        if chosen.queues:
            plans.append(self._by_tally("queue", chosen.queues, "queues"))
        plans.append(_Plan(self._rows_in_range(), frozenset(), [_Source(f"job {self._dialect.table_order}")]))
        return plans

    def _by_tally(self, column: str, values: tuple[str, ...], covers: str) -> _Plan:
        """A plan that uses the index of a column for which the number of jobs per value is stored."""
        each = [_Source(f"job {self._by(f'job_{column}')}", f"{column} = ?", (value,)) for value in values]
        sql = f"SELECT sum(jobs) FROM tally WHERE {column} IN ({marks(len(each))})"
        return _Plan(self._session.value(sql, values) or 0, frozenset({covers}), each)

    def _by(self, index: str) -> str:
        return self._dialect.by(index)

    def _rows_in_range(self) -> int:
        newest = self._session.value("SELECT max(seq) FROM job") or 0
        return min(self._seqs.stop, newest + 1) - self._seqs.start

    def _count_rows(self, source: _Source) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {source.scanned} WHERE {source.condition} LIMIT ?) AS counted"
        number: int = self._session.value(sql, (*source.parameters, COUNTED_ROWS))
        return number
