"""What a command's process tree uses: measured while it runs, and reported by the kernel when it has ended."""

import time
from collections.abc import Iterable, Mapping
from resource import struct_rusage

from queuectl_worker.tree import Process, own_peak

TOLERANCE_BYTES = 1 << 20


class Meter:
    """Of one command.

    The CPU time of a process includes that of children it has waited for. Only the worker waits for orphans, so their
    CPU times are kept here, by pid.
    """

    def __init__(self) -> None:
        self._looked_at = time.monotonic()
        self._orphans: dict[int, float] = {}
        self._cpu_seconds = self._cpu_seconds_before = 0.0
        self._memory_bytes = 0

    def knows(self, orphan: int) -> bool:
        """Whether that process has been seen among this command's orphans."""
        return orphan in self._orphans

    def look(self, tree: Iterable[Process], orphans: dict[int, list[Process]]) -> tuple[float, float, int, int]:
        """Cores in use since the last call, CPU seconds so far, resident bytes, and the number of processes.

        `orphans`: each with its descendants.
        """
        alive = self._count(tree, orphans)
        before, self._cpu_seconds_before = self._cpu_seconds_before, self._cpu_seconds
        since, self._looked_at = self._looked_at, time.monotonic()
        cores = (self._cpu_seconds - before) / max(self._looked_at - since, 0.001)
        running = sum(process.memory_bytes > 0 for process in alive)
        return round(cores, 2), round(self._cpu_seconds, 2), _memory_bytes(alive), running

    def exceeded(
        self, limits: Mapping[str, float], tree: Iterable[Process], orphans: dict[int, list[Process]]
    ) -> str | None:
        """The name of a limit that is exceeded. Zombies count as processes."""
        alive = self._count(tree, orphans)
        used = {"memory": _memory_bytes(alive), "processes": len(alive), "cpu": self._cpu_seconds}
        return next((name for name, limit in limits.items() if used[name] > limit), None)

    def _count(self, tree: Iterable[Process], orphans: dict[int, list[Process]]) -> list[Process]:
        """Update the totals; returns all processes."""
        self._orphans |= {pid: _cpu_seconds(processes) for pid, processes in orphans.items()}
        alive = [*tree, *(process for processes in orphans.values() for process in processes)]
        self._memory_bytes = max(self._memory_bytes, _memory_bytes(alive))
        self._cpu_seconds = max(self._cpu_seconds, self._with_orphans(_cpu_seconds(tree)))
        return alive

    def reaped(self, orphan: int, used: struct_rusage) -> None:
        """The worker has reaped an orphan, possibly another command's."""
        if orphan in self._orphans:
            self._orphans[orphan] = used.ru_utime + used.ru_stime

    def inherit(self, orphan: int, used: struct_rusage) -> None:
        """The worker has reaped a process of this command."""
        self._orphans[orphan] = used.ru_utime + used.ru_stime
        self._memory_bytes = max(self._memory_bytes, used.ru_maxrss * 1024)

    def total(self, used: struct_rusage, largest: int) -> tuple[float, int | None]:
        """CPU seconds and peak bytes of a command that has ended. `largest`: see PeakMemory."""
        cpu_seconds = max(self._cpu_seconds, self._with_orphans(used.ru_utime + used.ru_stime))
        return cpu_seconds, max(self._memory_bytes, largest) or None

    def _with_orphans(self, cpu_seconds: float) -> float:
        return cpu_seconds + sum(self._orphans.values())


def _memory_bytes(processes: Iterable[Process]) -> int:
    return sum(process.memory_bytes for process in processes)


def _cpu_seconds(processes: Iterable[Process]) -> float:
    return sum(process.cpu_seconds for process in processes)


class PeakMemory:
    """The size of a command's largest process, as the kernel reports it.

    The kernel takes a child to have been as large as its parent until it calls exec. So a size not above the peak of
    this process says nothing of the command.
    """

    def __init__(self) -> None:
        self._own_peak = 0

    def of(self, used: struct_rusage) -> int:
        """In bytes; 0 if unknown."""
        largest: int = used.ru_maxrss * 1024
        if largest > self._own_peak + TOLERANCE_BYTES:
            self._own_peak = own_peak()
        return largest if largest > self._own_peak + TOLERANCE_BYTES else 0
