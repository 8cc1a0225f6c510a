"""`python -m bench.events`: the time from a commit until another process has read its event."""

import argparse
import multiprocessing
import select
import time
from multiprocessing.connection import Connection

from bench.figure import percentile
from bench.server import Queue, Server, empty_queue, running_server
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.open import open_store

TIMES = 300
PAUSE_SECONDS = 0.03


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=TIMES)
    times = parser.parse_args().times
    with running_server() as server:
        for name, chosen in (("SQLite", None), ("PostgreSQL", server)):
            taken = until_read(times, chosen)
            print(f"{name}: p50 {percentile(taken, 0.5):.1f} ms, p99 {percentile(taken, 0.99):.1f} ms")


def until_read(times: int = TIMES, server: Server | None = None) -> list[float]:
    """Milliseconds per enqueued job, on an otherwise idle system."""
    with empty_queue(server) as queue, open_store(queue.url, durable=True, data_dir=queue.data_dir) as store:
        mine, its = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_read, args=(queue, its, times))
        process.start()
        assert mine.recv() == "ready"
        committed: dict[str, float] = {}
        for number in range(times):
            store.enqueue(NewJob(id=f"job{number}", command="true"))
            committed[f"job{number}"] = time.perf_counter()  # the same clock in all processes
            time.sleep(PAUSE_SECONDS)
        seen: dict[str, float] = mine.recv()
        process.join()
    return [max(0.0, seen[job] - committed[job]) * 1000 for job in committed]


def _read(queue: Queue, answer: Connection, times: int) -> None:
    """Send when each job's event was read."""
    seen: dict[str, float] = {}
    with open_store(queue.url, durable=False, data_dir=queue.data_dir) as store:
        listener = store.listen(everything=True)
        cursor = store.feed.latest()
        answer.send("ready")
        while len(seen) < times:
            select.select([listener], [], [], 0.5)
            listener.clear()
            news = store.feed.after(cursor)
            cursor = news.cursor
            now = time.perf_counter()
            seen |= {event.subject: now for event in news.events}
        listener.close()
    answer.send(seen)


if __name__ == "__main__":
    main()
