"""Groups of dead jobs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Dead jobs with the same failure. `newest`: the id of the one that died last. Times: seconds since the epoch."""

    failure: str
    count: int
    queues: list[str]
    first_at: float
    last_at: float
    newest: str
