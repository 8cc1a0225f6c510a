"""Workers and the jobs they run."""

from dataclasses import dataclass

from queuectl_core.model.hold import Hold
from queuectl_core.model.usage import Usage


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered, live worker. `queues`: empty if it serves all queues. `hold`: set while it is on hold."""

    id: str
    host: str
    pid: int
    slots: int
    busy: int
    queues: list[str]
    draining: bool
    started_at: float
    heartbeat_at: float
    hold: Hold | None = None

    def takes(self, queue: str) -> bool:
        """Whether it serves that queue."""
        return not self.draining and (not self.queues or queue in self.queues)


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that occupies one of a worker's slots."""

    id: str
    command: str
    queue: str
    attempts: int
    started_at: float
    usage: Usage | None
