"""A worker as the others see it."""

from dataclasses import dataclass


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
