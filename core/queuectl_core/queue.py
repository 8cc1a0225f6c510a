"""A queue as the others see it."""

from dataclasses import dataclass

from queuectl_core.state import State


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, what was set for it, and how it is doing.

    `limit`: how many of its jobs may run at once, over all workers; None: any number. `commands`: those that it
    takes, see `allowed`; None: those of the setting `default-commands`. `ready`: jobs that are due.
    `slots`: those of the workers that take from it. `oldest`: the job that has been due for longest, for `latency`
    seconds; None and 0 where none is.
    """

    name: str
    paused: bool
    limit: int | None
    commands: list[str] | None
    jobs: dict[State, int]
    ready: int
    slots: int
    oldest: str | None
    latency: float
