"""The query parameters of lists, and their filter. Unknown ones are refused."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from queuectl_core.model.bulk import Action
from queuectl_core.model.errors import meant
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import Instant, JobId
from queuectl_core.model.state import State

MOST_VALUES = 20
"""The most values of one condition."""


def _not_empty(text: str) -> str:
    """An empty condition would match all jobs, which is rarely intended."""
    if not text:
        raise PydanticCustomError("empty", "must not be empty: leave it out if it does not matter")
    return text


def _several(text: str) -> str:
    values = _not_empty(text).split(",")
    if not all(values) or len(values) > MOST_VALUES:
        raise PydanticCustomError(
            "several",
            "must be one value, or up to {most} separated by commas, none of them empty",
            {"most": MOST_VALUES},
        )
    return text


Text = Annotated[str, AfterValidator(_not_empty), Field(json_schema_extra={"minLength": 1})]
Several = Annotated[
    str,
    AfterValidator(_several),
    Field(max_length=2600, json_schema_extra={"pattern": f"^[^,]+(,[^,]+){{0,{MOST_VALUES - 1}}}$"}),
]


def _states(text: str) -> str:
    for name in _not_empty(text).split(","):
        if name not in State.__members__.values():
            raise PydanticCustomError(
                "state",
                "must be one of {known}, or several separated by commas{meant}",
                {"known": ", ".join(State), "meant": meant(name, State)},
            )
    return text


class Chosen(BaseModel):
    """Conditions on jobs; all given ones must hold."""

    model_config = ConfigDict(extra="forbid")

    queue: Several | None = Field(None, description="In this queue, or in any of several, separated by commas.")
    q: Text | None = Field(
        None, max_length=200, description="With this text in the id, the command or the description; case is ignored."
    )
    tag: Several | None = Field(None, description="With this tag, or with any of several, separated by commas.")
    worker: Several | None = Field(
        None, description="With a latest attempt by this worker, or by any of several, separated by commas."
    )
    error: Text | None = Field(
        None,
        max_length=200,
        description="With this text in the error or at the end of the output; case is ignored.",
    )
    command: Text | None = Field(None, max_length=4096, description="With exactly this command.")
    enqueued_since: Instant | None = Field(None, description="Enqueued at this time or later.")
    enqueued_until: Instant | None = Field(None, description="Enqueued before this time.")
    finished_since: Instant | None = Field(
        None, description="Ended (completed, cancelled or dead) at this time or later."
    )
    finished_until: Instant | None = Field(None, description="Ended before this time.")
    failure: Text | None = Field(None, max_length=1000, description="Dead with this failure: see the DLQ's groups.")

    def filter(self, *states: State) -> Filter:
        """The core's filter, for jobs in `states` (none: in any state)."""
        return Filter(
            states=states,
            queues=_values(self.queue),
            text=self.q,
            tags=_values(self.tag),
            workers=_values(self.worker),
            error=self.error,
            command=self.command,
            enqueued_since=_later(self.enqueued_since),
            enqueued_until=_earlier(self.enqueued_until),
            finished_since=_later(self.finished_since),
            finished_until=_earlier(self.finished_until),
            failure=self.failure,
        )


def _values(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def _later(*moments: datetime | None) -> float | None:
    return max((moment.timestamp() for moment in moments if moment), default=None)


def _earlier(*moments: datetime | None) -> float | None:
    return min((moment.timestamp() for moment in moments if moment), default=None)


_ANY = "|".join(State)


class ChosenByState(Chosen):
    """Conditions on jobs, including their states."""

    state: Annotated[str, AfterValidator(_states)] | None = Field(
        None,
        description="One state, or several, separated by commas.",
        examples=["failed,dead"],
        json_schema_extra={"pattern": f"^({_ANY})(,({_ANY}))*$"},
    )
    since: Instant | None = Field(None, description="The same as `enqueued_since`.")
    until: Instant | None = Field(None, description="The same as `enqueued_until`.")

    def states(self) -> tuple[State, ...]:
        """The requested states; empty: all."""
        return tuple(map(State, _values(self.state)))

    def filter(self, *states: State) -> Filter:
        """See Chosen."""
        return replace(
            super().filter(*states),
            enqueued_since=_later(self.since, self.enqueued_since),
            enqueued_until=_earlier(self.until, self.enqueued_until),
        )


class ChosenDead(Chosen):
    """Conditions on dead jobs."""

    since: Instant | None = Field(None, description="Died at this time or later.")
    until: Instant | None = Field(None, description="Died before this time.")

    def filter(self, *states: State) -> Filter:
        """See Chosen."""
        return replace(
            super().filter(*states),
            finished_since=_later(self.since, self.finished_since),
            finished_until=_earlier(self.until, self.finished_until),
        )


class Paged(BaseModel):
    """A page of a list."""

    limit: int = Field(50, ge=1, le=500, description="At most this many jobs; a page with fewer need not be the last.")
    cursor: str | None = Field(
        None,
        json_schema_extra={"pattern": r"^([0-9]{1,18}\.[0-9]{1,18}:)?[0-9]{1,18}$"},
        description="The `next_cursor` of the previous page, with the same `sort`.",
    )


Order = Literal["-created_at", "created_at", "-finished_at", "finished_at"]


class ListedByState(ChosenByState, Paged):
    """Conditions on jobs, their order, and the page."""

    sort: Order = Field("-created_at", description="Newest or oldest first; by `finished_at`: ended jobs only.")


class ListedDead(ChosenDead, Paged):
    """Conditions on dead jobs, their order, and the page."""

    sort: Order = Field(
        "-finished_at", description="`finished_at`: when they died; `created_at`: when they were enqueued."
    )


_NULL: JsonDict = {"type": "null"}


class Bulk(BaseModel):
    """An action on the jobs with the given ids, on those that match the filter, or on all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "retry", "filter": {"state": "dead"}}],
            "not": {
                "anyOf": [
                    {"properties": {"ids": _NULL, "filter": _NULL, "all": {"enum": [False]}}},
                    {"required": ["ids", "all"], "properties": {"ids": {"not": _NULL}, "all": {"enum": [True]}}},
                    {"required": ["ids", "filter"], "properties": {"ids": {"not": _NULL}, "filter": {"not": _NULL}}},
                    {"required": ["ids", "cursor"], "properties": {"ids": {"not": _NULL}, "cursor": {"not": _NULL}}},
                ]
            },
        },
    )

    action: Action
    ids: list[JobId] | None = Field(None, min_length=1, max_length=500)
    filter: ChosenByState | None = Field(None, description="Must have at least one condition.")
    all: bool = Field(False, strict=True, description="All jobs; excludes `ids` and conditions.")
    force: bool = Field(False, strict=True, description="Also delete running jobs.")
    cursor: str | None = Field(
        None,
        json_schema_extra={"pattern": "^[0-9]{1,18}:[0-9]{1,18}$"},
        description="The `next_cursor` of the previous step; excludes `ids`.",
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        chosen = self.filter is not None and any(value is not None for _, value in self.filter)
        if [self.ids is not None, chosen, self.all].count(True) != 1:
            raise PydanticCustomError("choice", 'must hold either ids, or a filter with a condition, or "all": true')
        if self.ids is not None and (self.filter is not None or self.cursor is not None):
            raise PydanticCustomError("choice", "must hold neither filter nor cursor with ids")
        return self

    def chosen(self) -> Filter:
        """The core's filter, if no ids are given."""
        return self.filter.filter(*self.filter.states()) if self.filter else Filter()
