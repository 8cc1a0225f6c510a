"""The rows of monitoring counters, bounded in number."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from queuectl_core.model.counters import MEASURES, MOST_QUEUES, OTHER
from queuectl_core.store.change_buffer import Count
from queuectl_core.store.session import Session


class CounterRows:
    """A row counts one of MEASURES of a queue, or, as OTHER, of all queues beyond the first MOST_QUEUES.

    Counters never decrease: counts in OTHER remain there when a name becomes available.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, happened: Mapping[Count, float]) -> None:
        """Add to the counters, by (queue, measure). Call it in the transaction of the change."""
        if self._update(happened) == len(happened):
            return
        named = self._assign_names(list(dict.fromkeys(queue for queue, _ in happened)))
        rest: defaultdict[Count, float] = defaultdict(float)
        for (queue, measure), number in happened.items():
            if queue in named:
                rest[named[queue], measure] += number
        self._update(rest)

    def all(self) -> dict[str, dict[str, float]]:
        """See Counters."""
        found: dict[str, dict[str, float]] = {}
        for queue, measure, number in self._session.rows("SELECT queue, measure, number FROM counter"):
            found.setdefault(queue, {})[measure] = number
        return found

    def forget(self, queue: str) -> None:
        """Delete the counters of a queue, which makes room for another name."""
        self._session.execute("DELETE FROM counter WHERE queue = ?", (queue,))

    def forget_unknown(self) -> None:
        """Delete the counters of all queues that no longer exist."""
        self._session.execute(
            "DELETE FROM counter WHERE queue <> ? AND queue NOT IN (SELECT queue FROM tally)"
            " AND queue NOT IN (SELECT name FROM queue)",
            (OTHER,),
        )

    def _update(self, happened: Mapping[Count, float]) -> int:
        """Returns how many of the counters have a row: for each queue, either all measures have one, or none."""
        return self._session.execute_many(
            "UPDATE counter SET number = number + ? WHERE queue = ? AND measure = ?",
            [(number, queue, measure) for (queue, measure), number in happened.items()],
        )

    def _assign_names(self, queues: Sequence[str]) -> dict[str, str]:
        """The queues that have no rows → the name under which they are counted, for which rows now exist."""
        rows = self._session.rows(
            f"SELECT queue FROM counter {self._session.dialect.by('counter_queue')} WHERE measure = 'enqueued'"
        )
        known = {queue for (queue,) in rows}
        missing = [queue for queue in queues if queue not in known]
        room = max(0, MOST_QUEUES - len(known - {OTHER}))
        named = dict.fromkeys(missing, OTHER) | {queue: queue for queue in missing[:room]}
        self._session.execute_many(
            "INSERT INTO counter (queue, measure, number) VALUES (?, ?, 0)",
            [(name, measure) for name in {*named.values()} - known for measure in MEASURES],
        )
        return named
