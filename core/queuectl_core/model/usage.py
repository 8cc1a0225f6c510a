"""Current resource usage of running commands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of a command's process tree at `at`. `cpu`: cores in use since the previous sample."""

    at: float
    cpu: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
