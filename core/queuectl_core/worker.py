"""A worker as the others see it."""

from dataclasses import dataclass

from queuectl_core.usage import Usage


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered, live worker. `queues` is empty where it takes from all of them."""

    id: str
    host: str
    pid: int
    slots: int
    busy: int
    queues: list[str]
    draining: bool
    started_at: float
    heartbeat_at: float


@dataclass(frozen=True, slots=True)
class RunningJob:
    """What runs in one of a worker's slots."""

    id: str
    command: str
    queue: str
    attempts: int
    started_at: float
    usage: Usage | None
