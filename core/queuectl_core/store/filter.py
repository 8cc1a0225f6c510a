"""Translates filters to SQL."""

from collections.abc import Iterable
from itertools import chain

from queuectl_core.model.filter import Filter
from queuectl_core.store.dialect import Condition, Dialect, marks
from queuectl_core.store.job_columns import SEARCHED

OF_LATEST = "FROM attempt AS latest WHERE latest.seq = job.seq AND latest.number = job.attempt"
"""The latest attempt of a row of `job`."""

_ANY_OF = {
    "states": "state IN ({})",
    "queues": "queue IN ({})",
    "tags": "EXISTS (SELECT 1 FROM job_tag AS own WHERE own.tag IN ({}) AND own.seq = job.seq)",
    "workers": "worker IN ({})",
}
_COMPARED = {
    "command": "command = ?",
    "enqueued_since": "created_at >= ?",
    "enqueued_until": "created_at < ?",
    "finished_since": "finished_at >= ?",
    "finished_until": "finished_at < ?",
    "failure": "state = 'dead' AND failure = ?",
}


def conditions(chosen: Filter, dialect: Dialect) -> dict[str, Condition]:
    """The conditions for all given fields of the filter, by field name."""
    found: dict[str, Condition] = {}
    for name, sql in _ANY_OF.items():
        if values := getattr(chosen, name):
            found[name] = sql.format(marks(len(values))), values
    if chosen.text:
        found["text"] = dialect.contains(SEARCHED, chosen.text)
    if chosen.error:
        tail = f"(SELECT coalesce(output_tail, {dialect.text_of('output')}) {OF_LATEST} AND job.error IS NOT NULL)"
        found["error"] = dialect.contains(("error", tail), chosen.error)
    for name, sql in _COMPARED.items():
        value = getattr(chosen, name)
        if value is not None:
            found[name] = sql, (value,)
    return found


def all_of(several: Iterable[Condition]) -> Condition:
    """The conjunction of conditions."""
    listed = list(several)
    sql = " AND ".join(["1 = 1", *(sql for sql, _ in listed)])
    return sql, tuple(chain.from_iterable(parameters for _, parameters in listed))
