"""`python -m bench.batch`: enqueue 1,000,000 jobs with one NDJSON request, and measure the API's memory meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, show
from bench.idle import memory
from bench.server import Server, empty_queue
from bench.temp_dir import temp_dir
from tests.running import migrate, processes, running_api
from tests.signed_in import client

LINES = 1_000_000
CHUNK = 10_000
LINE = b'{"command": "true"}\n'


def rate(lines: int, server: Server | None = None) -> float:
    """Jobs per second of a single batch."""
    with empty_queue(server) as queue, running_api(**queue.settings) as url:
        return lines / sent(url, lines)


def figures(lines: int = LINES) -> list[Figure]:
    """Goal 4: jobs per second, and the growth of the largest API process from a tenth of the lines to all of them."""
    with temp_dir() as data_dir:
        migrate(data_dir)
        with running_api(data_dir) as url:
            sent(url, lines // 10)
            before = peak(data_dir)
            seconds = sent(url, lines)
            grown = peak(data_dir) - before
    return [
        Figure(4, f"enqueue {lines:,} jobs by one batch", lines / seconds, "jobs/s", 100_000),
        Figure(4, "growth of the API's memory, ten times the lines", grown, "MB", 10, most=True),
    ]


def sent(url: str, lines: int) -> float:
    """Seconds until all jobs are acknowledged."""

    def body() -> Iterator[bytes]:
        for _ in range(lines // CHUNK):
            yield LINE * CHUNK

    with client(url, timeout=120) as api:
        began = time.perf_counter()
        answer = api.post("/api/jobs/batch", content=body(), headers={"Content-Type": "application/x-ndjson"})
        seconds = time.perf_counter() - began
    assert answer.raise_for_status().json()["count"] == lines
    return seconds


def peak(data_dir: Path) -> float:
    """Peak memory so far of the largest API process, in megabytes."""
    return max(memory(process, "VmHWM") for process in processes(data_dir))


if __name__ == "__main__":
    show(figures())
