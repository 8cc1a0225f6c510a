"""`python -m bench.latency`: on an idle system, the time from just before enqueueing to the command's first action."""

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
from bench.server import Queue, Server, empty_queue
from tests.running import eventually, program, running_api
from tests.signed_in import HEADERS, client

TIMES = 500
PAUSE_SECONDS = 0.02


def figures(times: int = TIMES) -> list[Figure]:
    """Goal 6."""
    taken = until_first_instruction(times)
    note = f"{times} jobs, greatest {max(taken):.1f} ms"
    return [
        Figure(6, "enqueue → first instruction, p50", percentile(taken, 0.5), "ms", 3, most=True, note=note),
        Figure(6, "enqueue → first instruction, p99", percentile(taken, 0.99), "ms", 8, most=True),
    ]


def until_first_instruction(times: int, server: Server | None = None) -> list[float]:
    """Milliseconds; the command writes into a FIFO that is already open, so they include the start of its shell."""
    with empty_queue(server) as queue, system(queue) as url:
        fifo = queue.data_dir / "fifo"
        os.mkfifo(fifo)
        reading = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        address = urlsplit(url)
        api = HTTPConnection(str(address.hostname), address.port)
        api.connect()
        taken = [until_begun(api, fifo, reading) for _ in range(times)]
        api.close()
        os.close(reading)
    return taken


@contextmanager
def system(queue: Queue) -> Iterator[str]:
    """An idle API and worker; yields the URL."""
    with (
        running_api(**queue.settings) as url,
        client(url) as api,
        program("queuectl-worker", queue.data_dir / "worker.log", **queue.settings),
    ):
        eventually(lambda: api.get("/api/status").json()["workers"] == 1)
        time.sleep(1)
        yield url


def until_begun(api: HTTPConnection, fifo: Path, reading: int) -> float:
    """Milliseconds from just before enqueueing until the command writes."""
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
