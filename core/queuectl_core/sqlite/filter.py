"""Which jobs: what a list, a count or a bulk action is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from queuectl_core.state import State

Condition: TypeAlias = tuple[str, tuple[Any, ...]]
"""SQL about a row of `job`, and its parameters."""


@dataclass(frozen=True, slots=True)
class Filter:
    """All conditions given must hold; no states: in any.

    `text` is looked for in the command and the id, `error` in the error and the end of the output, whatever the case of
    ASCII letters; `command` and `failure` must be equal. Enqueued at `since` or later, before `until`, in
    seconds since the epoch.
    """

    states: tuple[State, ...] = ()
    queue: str | None = None
    text: str | None = None
    tag: str | None = None
    worker: str | None = None
    error: str | None = None
    command: str | None = None
    since: float | None = None
    until: float | None = None
    failure: str | None = None

    def conditions(self) -> dict[str, Condition]:
        """Those given, by the name of their field."""
        conditions: dict[str, Condition] = {}
        if self.states:
            conditions["states"] = f"state IN ({', '.join('?' * len(self.states))})", self.states
        if self.text:
            conditions["text"] = _contains(self.text, "command", "id")
        if self.error:
            conditions["error"] = _contains(self.error, "error", _TAIL)
        for name, sql in _COMPARED.items():
            value = getattr(self, name)
            if value is not None:
                conditions[name] = sql, (value,)
        return conditions


OF_LATEST = "FROM attempt AS latest WHERE latest.seq = job.seq AND latest.number = job.attempt"
"""The latest attempt of a row of `job`."""

_TAIL = f"(SELECT coalesce(output_tail, CAST(output AS TEXT)) {OF_LATEST} AND job.error IS NOT NULL)"
"""What a job that has failed has printed last."""

_COMPARED = {
    "queue": "queue = ?",
    "tag": "EXISTS (SELECT 1 FROM job_tag AS own WHERE own.tag = ? AND own.seq = job.seq)",
    "worker": "worker = ?",
    "command": "command = ?",
    "since": "created_at >= ?",
    "until": "created_at < ?",
    "failure": "state = 'dead' AND failure = ?",
}


def all_of(conditions: Iterable[Condition]) -> Condition:
    """One that holds where all of them do."""
    several = list(conditions)
    sql = " AND ".join(["1", *(sql for sql, _ in several)])
    return sql, tuple(chain.from_iterable(parameters for _, parameters in several))


def _contains(text: str, *columns: str) -> Condition:
    """LIKE takes a third of the time of a search for lower(text) in lower(column)."""
    if "\0" in text:  # to LIKE it is the end of the text; no column holds one
        return f"{columns[0]} = ?", (text,)
    literal = "".join(f"\\{char}" if char in "\\%_" else char for char in text)
    either = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
    return f"({either})", (f"%{literal}%",) * len(columns)
