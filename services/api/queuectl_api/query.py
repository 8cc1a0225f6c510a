"""The query parameters of lists, and the filter they make. Unknown ones are refused."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from queuectl_core.sqlite.jobs import Filter
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

    def filter(self, *states: State) -> Filter:
        """The core's filter, for jobs in one of `states` only."""
        return Filter(states=states, queue=self.queue, text=self.q, tag=self.tag)


class Listed(Chosen):
    """Which jobs, in what order, and which page of them."""

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(
        None, json_schema_extra={"pattern": "^[0-9]{1,18}$"}, description="The `next_cursor` of the page before."
    )
    sort: Literal["-created_at", "created_at"] = Field("-created_at", description="Newest or oldest first.")


_ANY = "|".join(State)


class ListedByState(Listed):
    """As Listed, and in which states."""

    state: Annotated[str, AfterValidator(_states)] | None = Field(
        None,
        description="One state or several, with commas.",
        examples=["failed,dead"],
        json_schema_extra={"pattern": f"^({_ANY})(,({_ANY}))*$"},
    )

    def states(self) -> tuple[State, ...]:
        """The states asked for; empty: all."""
        return tuple(State(name) for name in self.state.split(",")) if self.state else ()
