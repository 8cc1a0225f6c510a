"""`python -m bench.idle`: CPU time and memory of an idle worker (with its guard), and memory of the API."""

import os
import time
from pathlib import Path

from bench.figure import Figure, show
from bench.temp_dir import temp_dir
from tests.faults.processes import children
from tests.running import eventually, migrate, processes, program, running_api
from tests.signed_in import client

SECONDS = 20.0


def figures(seconds: float = SECONDS) -> list[Figure]:
    """Goal 7."""
    with temp_dir() as data_dir:
        migrate(data_dir)
        with (
            running_api(data_dir) as url,
            client(url) as client_,
            program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir) as started,
        ):
            eventually(lambda: client_.get("/api/status").json()["workers"] == 1)
            time.sleep(2)
            worker = [Path(f"/proc/{pid}") for pid in (started.pid, *children(started.pid))]
            api = [process for process in processes(data_dir) if b"queuectl-api" in (process / "cmdline").read_bytes()]
            before = sum(map(ticks, worker))
            time.sleep(seconds)
            used = (sum(map(ticks, worker)) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100
            resident = sum(memory(process) for process in worker)
            largest = max(memory(process) for process in api)
    note = f"{len(worker)} processes"
    return [
        Figure(7, "idle worker and its guard", used, "% of a core", 0.3, most=True, note=note),
        Figure(7, "RSS of both", resident, "MB", 60, most=True, note=note),
        Figure(7, "RSS of an API process, the largest", largest, "MB", 80, most=True, note=f"{len(api)} processes"),
    ]


def ticks(process: Path) -> int:
    """User and system CPU time, in ticks."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(process: Path, field: str = "VmRSS") -> float:
    """Memory in megabytes."""
    return int((process / "status").read_text().partition(f"{field}:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    show(figures())
