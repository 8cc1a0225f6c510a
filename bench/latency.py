"""`python -m bench.latency`: in an idle system, from just before a job is enqueued to what its command does first."""

import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.figure import Figure, percentile, show
from bench.room import room
from tests.running import eventually, migrate, program, running_api
from tests.signed_in import HEADERS, client

TIMES = 500
PAUSE_SECONDS = 0.02


def figures(times: int = TIMES) -> list[Figure]:
    """Goal 6. The command writes into a FIFO that is open already, so the start of its shell is counted in."""
    with room() as directory, system(directory) as url:
        fifo = directory / "fifo"
        os.mkfifo(fifo)
        reading = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        address = urlsplit(url)
        api = HTTPConnection(str(address.hostname), address.port)
        api.connect()
        taken = [until_begun(api, fifo, reading) for _ in range(times)]
        api.close()
        os.close(reading)
    note = f"{times} jobs, greatest {max(taken):.1f} ms"
    return [
        Figure(6, "enqueue → first instruction, p50", percentile(taken, 0.5), "ms", 3, most=True, note=note),
        Figure(6, "the same, p99", percentile(taken, 0.99), "ms", 8, most=True),
    ]


@contextmanager
def system(data_dir: Path) -> Iterator[str]:
    """An API and a worker that have come to rest; yields the URL."""
    migrate(data_dir)
    with (
        running_api(data_dir) as url,
        client(url) as api,
        program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir),
    ):
        eventually(lambda: api.get("/api/status").json()["workers"] == 1)
        time.sleep(1)
        yield url


def until_begun(api: HTTPConnection, fifo: Path, reading: int) -> float:
    """Milliseconds."""
    time.sleep(PAUSE_SECONDS)
    body = json.dumps({"command": f"echo >{fifo}"})
    began = time.perf_counter()
    api.request("POST", "/api/jobs", body, HEADERS | {"Content-Type": "application/json"})
    assert select.select([reading], [], [], 10)[0], "the command has begun"
    milliseconds = (time.perf_counter() - began) * 1000
    os.read(reading, 100)
    answer = api.getresponse()
    answer.read()
    assert answer.status == 201
    return milliseconds


if __name__ == "__main__":
    show(figures())
