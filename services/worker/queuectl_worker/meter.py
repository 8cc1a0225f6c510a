"""What the process tree of a command uses: looked at while it runs, and told by the kernel when it has ended."""

import time
from collections.abc import Iterable, Mapping
from resource import struct_rusage

from queuectl_worker.tree import Process


class Meter:
    """Of one command.

    Its processes' times hold those of children that they have waited for. Orphans have nobody who waits for them but
    the spawner: theirs are kept here, by their number.
    """

    def __init__(self) -> None:
        self._looked_at = time.monotonic()
        self._orphans: dict[int, float] = {}
        self._cpu_seconds = self._cpu_seconds_told = 0.0
        self._memory_bytes = 0

    def knows(self, orphan: int) -> bool:
        """Whether that process was seen to be one of this command's orphans."""
        return orphan in self._orphans

    def look(self, tree: Iterable[Process], orphans: dict[int, list[Process]]) -> tuple[float, float, int, int]:
        """Cores in use since the look before, CPU seconds so far, resident bytes, and how many processes.

        `orphans`: each with its descendants.
        """
        alive = self._count(tree, orphans)
        before, self._cpu_seconds_told = self._cpu_seconds_told, self._cpu_seconds
        since, self._looked_at = self._looked_at, time.monotonic()
        cores = (self._cpu_seconds - before) / max(self._looked_at - since, 0.001)
        running = sum(process.memory_bytes > 0 for process in alive)
        return round(cores, 2), round(self._cpu_seconds, 2), _memory_bytes(alive), running

    def over(
        self, limits: Mapping[str, float], tree: Iterable[Process], orphans: dict[int, list[Process]]
    ) -> str | None:
        """The name of a limit that is exceeded; those that have ended and were not waited for are processes too."""
        alive = self._count(tree, orphans)
        used = {"memory": _memory_bytes(alive), "processes": len(alive), "cpu": self._cpu_seconds}
        return next((name for name, limit in limits.items() if used[name] > limit), None)

    def _count(self, tree: Iterable[Process], orphans: dict[int, list[Process]]) -> list[Process]:
        """All processes that there are."""
        self._orphans |= {pid: _cpu_seconds(processes) for pid, processes in orphans.items()}
        alive = [*tree, *(process for processes in orphans.values() for process in processes)]
        self._memory_bytes = max(self._memory_bytes, _memory_bytes(alive))
        self._cpu_seconds = max(self._cpu_seconds, self._with_orphans(_cpu_seconds(tree)))
        return alive

    def buried(self, orphan: int, used: struct_rusage) -> None:
        """A process has ended whose parent was the spawner."""
        if orphan in self._orphans:
            self._orphans[orphan] = used.ru_utime + used.ru_stime

    def inherit(self, orphan: int, used: struct_rusage) -> None:
        """One has ended that was waited for in the command's stead."""
        self._orphans[orphan] = used.ru_utime + used.ru_stime
        self._memory_bytes = max(self._memory_bytes, used.ru_maxrss * 1024)

    def total(self, used: struct_rusage, largest: int) -> tuple[float, int | None]:
        """CPU seconds and most bytes of a command that has ended; `largest`: of its largest process, 0: unknown."""
        cpu_seconds = max(self._cpu_seconds, self._with_orphans(used.ru_utime + used.ru_stime))
        return cpu_seconds, max(self._memory_bytes, largest) or None

    def _with_orphans(self, cpu_seconds: float) -> float:
        return cpu_seconds + sum(self._orphans.values())


def _memory_bytes(processes: Iterable[Process]) -> int:
    return sum(process.memory_bytes for process in processes)


def _cpu_seconds(processes: Iterable[Process]) -> float:
    return sum(process.cpu_seconds for process in processes)
