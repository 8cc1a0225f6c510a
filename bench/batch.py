"""`python -m bench.batch`: enqueueing 1,000,000 jobs by one NDJSON request, and the memory of the API while it does."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, show
from bench.idle import memory
from bench.room import room
from tests.running import migrate, processes, running_api
from tests.signed_in import client

LINES = 1_000_000
CHUNK = 10_000
LINE = b'{"command": "true"}\n'


def figures(lines: int = LINES) -> list[Figure]:
    """Goal 4: jobs a second, and how much the largest API process grew from a tenth of the lines to all of them."""
    with room() as data_dir:
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
    """Seconds until that many jobs are acknowledged."""

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
    """Megabytes at most so far, of the largest process of the API."""
    return max(memory(process, "VmHWM") for process in processes(data_dir))


if __name__ == "__main__":
    show(figures())
