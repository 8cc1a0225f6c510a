"""The columns of a job that users set: how each is written, read, copied and compared."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from queuectl_core.model.lock import Lock

if TYPE_CHECKING:  # a worker enqueues nothing, and does not need pydantic
    from queuectl_core.model.new_job import JobFields


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """`name`: of the column and the field. `write`: converts the field's value to the stored one. `read`: the reverse.

    `searched`: whether a filter's `text` is searched in it.
    """

    name: str
    write: Callable[[Any], Any] = _as_it_is
    read: Callable[[Any], Any] = _as_it_is
    searched: bool = False


def _to_json(value: Any) -> str | None:
    return json.dumps(value) if value else None


def _limits(limits: Any) -> str | None:
    return _to_json(limits.model_dump(exclude_none=True)) if limits else None


def _lock(lock: Any) -> str | None:
    return f"{lock.key}={lock.limit}" if lock else None


def _read_lock(stored: str | None) -> Lock | None:
    return Lock.read(stored) if stored else None


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _mapping(stored: str | None) -> Any:
    return json.loads(stored) if stored else {}


def _list(stored: str | None) -> Any:
    return json.loads(stored) if stored else []


SETTINGS = (
    Column("command", searched=True),
    Column("queue"),
    Column("priority"),
    Column("max_retries"),
    Column("backoff_base"),
    Column("timeout"),
    Column("env", _to_json, _mapping),
    Column("cwd"),
    Column("tags", _to_json, _list),
    Column("limits", _limits, _mapping),
    Column("sandbox", read=bool),
    Column("description", searched=True),
    Column("lock", _lock, _read_lock),
)
"""The settings of a job, except when it runs."""

NAMES = ", ".join(column.name for column in SETTINGS)

SEARCHED = ("id", *(column.name for column in SETTINGS if column.searched))

_COMPARED = (Column("run_at", _seconds), *SETTINGS, Column("unique_key"), Column("unique_for"))

COMPARED = tuple(column.name for column in _COMPARED)
"""Jobs with the same id are identical if these columns are equal. A delay is not among them, as it is not stored."""


def values(job: "JobFields") -> list[Any]:
    """The values of SETTINGS as they are stored."""
    stored = list(_GIVEN(job))
    for place, write in _WRITES:
        stored[place] = write(stored[place])
    return stored


_GIVEN = attrgetter(*(column.name for column in SETTINGS))
_WRITES = [(place, column.write) for place, column in enumerate(SETTINGS) if column.write is not _as_it_is]


def written(job: "JobFields") -> dict[str, Any]:
    """The same by name."""
    return dict(zip((column.name for column in SETTINGS), values(job), strict=True))


def read(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The values of SETTINGS, from the stored ones."""
    return {column.name: column.read(stored[column.name]) for column in SETTINGS}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the stored values of two jobs are equal in COMPARED."""
    return all(column.read(one[column.name]) == column.read(other[column.name]) for column in _COMPARED)
