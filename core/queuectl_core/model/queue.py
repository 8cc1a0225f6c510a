"""A queue: settings and current state."""

from dataclasses import dataclass

from queuectl_core.model.state import State


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with its settings and figures.

    `limit`: the concurrency limit over all workers; None: unlimited. `commands`: its allow-list, see `allowed`; None:
    that of the setting `default-commands`. `ready`: how many jobs are due. `slots`: the total slots of workers that
    serve it. `oldest`: the job that has been due longest, for `latency` seconds; None and 0 if no job is due.
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
