"""`python -m bench.output`: a command that prints a lot, compared with a file; and short jobs next to eight of them."""

import statistics
import subprocess
import time
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx

from bench.drain import enqueue, pause
from bench.figure import Figure, show
from bench.temp_dir import temp_dir
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import client

SIZE = 1 << 30
TIMES = 3
PRINTERS = 8
JOBS = 2000


def figures(size: int = SIZE, times: int = TIMES, jobs: int = JOBS) -> list[Figure]:
    """Goals 12 and 13."""
    files, printed, alone, beside = [], [], [], []
    for _ in range(times):
        with temp_dir() as data_dir, ExitStack() as running:
            migrate(data_dir)
            api = running.enter_context(client(running.enter_context(running_api(data_dir))))
            running.enter_context(
                program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir, concurrency=PRINTERS * 2)
            )
            files.append(into_a_file(data_dir, size))
            printed.append(seconds(api, f"head -c {size} /dev/zero"))
            alone.append(rate_beside(api, jobs, "exec sleep 600"))
            beside.append(rate_beside(api, jobs, "exec yes"))
    return [
        Figure(
            12,
            f"a command prints {size >> 20:,} MiB / into a file",
            statistics.median(files) / statistics.median(printed),
            "x",
            0.8,
            note=f"{statistics.median(printed):.2f} s; file {statistics.median(files):.2f} s",
        ),
        Figure(
            13,
            f"drain beside {PRINTERS} commands that print / without",
            statistics.median(beside) / statistics.median(alone),
            "x",
            0.5,
            note=f"{statistics.median(beside):,.0f} jobs/s; without {statistics.median(alone):,.0f}",
        ),
    ]


def into_a_file(directory: Path, size: int) -> float:
    """Seconds to write to a file, without a queue."""
    began = time.perf_counter()
    subprocess.run(["sh", "-c", f"head -c {size} /dev/zero >{directory}/file"], check=True)
    taken = time.perf_counter() - began
    (directory / "file").unlink()
    return taken


def start(api: httpx.Client, command: str) -> str:
    """Enqueue a job; returns its id."""
    answer = api.post("/api/jobs", json={"command": command}).raise_for_status()
    return str(answer.json()["id"])


def seconds(api: httpx.Client, command: str) -> float:
    """Seconds from the attempt's start to its end, as recorded."""
    job_id = start(api, command)
    job = eventually(lambda: (found := api.get(f"/api/jobs/{job_id}").json())["state"] == "completed" and found)
    [attempt] = job["history"]
    return instant(attempt["ended_at"]) - instant(attempt["started_at"])


def instant(text: str) -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def rate(api: httpx.Client, jobs: int) -> float:
    """Jobs per second, from resuming the queue until all have ended."""
    before = completed(api)
    pause(api, True)
    enqueue(api, jobs, "true")
    began = time.perf_counter()
    pause(api, False)
    eventually(lambda: completed(api) == before + jobs)
    return jobs / (time.perf_counter() - began)


def rate_beside(api: httpx.Client, jobs: int, command: str) -> float:
    """Jobs per second in half of the slots, while the others run `command`."""
    others = [start(api, command) for _ in range(PRINTERS)]
    eventually(partial(are_running, api, PRINTERS))
    found = rate(api, jobs)
    for job in others:
        api.post(f"/api/jobs/{job}/cancel").raise_for_status()
    eventually(partial(are_running, api, 0))
    return found


def are_running(api: httpx.Client, number: int) -> bool:
    """Whether exactly `number` jobs are running."""
    return bool(api.get("/api/status").json()["jobs"]["processing"] == number)


def completed(api: httpx.Client) -> int:
    """The number of completed jobs."""
    return int(api.get("/api/status").json()["jobs"]["completed"])


if __name__ == "__main__":
    show(figures())
