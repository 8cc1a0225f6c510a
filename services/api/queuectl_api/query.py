"""The query parameters of lists, and the filter they make. Unknown ones are refused."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from queuectl_core.new_job import Instant, JobId
from queuectl_core.sqlite.bulk import Action
from queuectl_core.sqlite.filter import Filter
from queuectl_core.state import State


def _states(text: str) -> str:
    for name in text.split(","):
        if name not in State.__members__.values():
            raise PydanticCustomError(
                "state", "must be one of {known}, or several with commas", {"known": ", ".join(State)}
            )
    return text


class Chosen(BaseModel):
    """Which jobs: all conditions given must hold."""

    model_config = ConfigDict(extra="forbid")

    queue: str | None = Field(None, max_length=64, description="In this queue.")
    q: str | None = Field(None, max_length=200, description="With this text in the command or the id.")
    tag: str | None = Field(None, max_length=64, description="With this tag.")
    worker: str | None = Field(None, max_length=128, description="Whose latest attempt this worker runs, or ran.")
    error: str | None = Field(
        None, max_length=200, description="With this text in the error, or at the end of the output."
    )
    command: str | None = Field(None, max_length=4096, description="With exactly this command.")
    since: Instant | None = Field(None, description="Enqueued at this time or later.")
    until: Instant | None = Field(None, description="Enqueued before this time.")
    failure: str | None = Field(None, max_length=1000, description="Dead of this: see the DLQ's groups.")

    def filter(self, *states: State) -> Filter:
        """The core's filter, for jobs in one of `states` only."""
        return Filter(
            states=tuple(dict.fromkeys(states)),
            queue=self.queue,
            text=self.q,
            tag=self.tag,
            worker=self.worker,
            error=self.error,
            command=self.command,
            since=_seconds(self.since),
            until=_seconds(self.until),
            failure=self.failure,
        )


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


class Listed(Chosen):
    """Which jobs, in what order, and which page of them."""

    limit: int = Field(50, ge=1, le=500, description="At most so many; a page may hold fewer and not be the last.")
    cursor: str | None = Field(
        None,
        json_schema_extra={"pattern": r"^([0-9]{1,18}\.[0-9]{1,18}:)?[0-9]{1,18}$"},
        description="The `next_cursor` of the page before, with the same `sort`.",
    )
    sort: Literal["-created_at", "created_at", "-finished_at", "finished_at"] = Field(
        "-created_at", description="Newest or oldest first; by `finished_at`: only those that have ended."
    )


_ANY = "|".join(State)


class InStates(BaseModel):
    """In which states."""

    state: Annotated[str, AfterValidator(_states)] | None = Field(
        None,
        description="One state or several, with commas.",
        examples=["failed,dead"],
        json_schema_extra={"pattern": f"^({_ANY})(,({_ANY}))*$"},
    )

    def states(self) -> tuple[State, ...]:
        """The states asked for; empty: all."""
        return tuple(State(name) for name in self.state.split(",")) if self.state else ()


class ListedByState(Listed, InStates):
    """As Listed, and in which states."""


class ChosenByState(Chosen, InStates):
    """As Chosen, and in which states."""


_NULL: JsonDict = {"type": "null"}


class Bulk(BaseModel):
    """What to do with which jobs: with those whose ids are given, or with all that the filter chooses."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "retry", "filter": {"state": "dead"}}],
            "not": {
                "anyOf": [
                    {"properties": {"ids": _NULL, "filter": _NULL}},
                    {"required": ["ids", "filter"], "properties": {"ids": {"not": _NULL}, "filter": {"not": _NULL}}},
                    {"required": ["ids", "cursor"], "properties": {"ids": {"not": _NULL}, "cursor": {"not": _NULL}}},
                ]
            },
        },
    )

    action: Action
    ids: list[JobId] | None = Field(None, min_length=1, max_length=500)
    filter: ChosenByState | None = Field(None, description="An empty one chooses all jobs.")
    force: bool = Field(False, strict=True, description="Delete those that run as well.")
    cursor: str | None = Field(
        None,
        json_schema_extra={"pattern": "^[0-9]{1,18}:[0-9]{1,18}$"},
        description="The `next_cursor` of the step before; goes with `filter` only.",
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise PydanticCustomError("choice", "must hold either ids or filter ({} chooses all jobs), not both")
        if self.filter is None and self.cursor is not None:
            raise PydanticCustomError("choice", "must hold no cursor with ids: all of them are one step")
        return self
