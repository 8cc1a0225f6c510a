"""`python -m bench.store_cost`: what claims and reports cost, without any commands.

A loop claims up to 8 jobs and reports the 8 before as completed, in one transaction, as a worker of 8 slots does.
"""

import argparse
import multiprocessing
import os
import time
from typing import NamedTuple

from bench import drain
from bench.server import Queue, Server, empty_queue, running_server
from queuectl_core.model.attempt import NOTHING, Ended
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.worker import Worker
from queuectl_core.store.open import open_store

JOBS = 20_000
BATCH = 8
ENDED = Ended(0, None, NOTHING)


class Cost(NamedTuple):
    """CPU µs per job of the client and of the server (0 if unknown), and jobs per second."""

    client: float
    server: float
    rate: float

    @property
    def total(self) -> float:
        """Of both."""
        return self.client + self.server

    def __str__(self) -> str:
        return f"{self.client:.0f} + {self.server:.0f} µs, {self.rate:,.0f} jobs/s"


def main() -> None:
    """Measure alternately, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--backlog", type=int, nargs="?", const=drain.BACKLOG, default=0)
    given = parser.parse_args()
    with running_server() as server:
        for _ in range(given.times):
            print("SQLite:", cost(given.jobs, given.batch, given.backlog), flush=True)
            print("PostgreSQL:", cost(given.jobs, given.batch, given.backlog, server), flush=True)


def cost(jobs: int = JOBS, batch: int = BATCH, backlog: int = 0, server: Server | None = None) -> Cost:
    """Of claiming and completing `jobs`. `backlog`: how many others there are, see `drain.fill`."""
    with empty_queue(server) as queue:
        fill(queue, jobs)
        if backlog:
            drain.fill(queue, backlog)
        before = cpu_seconds(server)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            [(_, began, *_), *_, (done, ended, used)] = pool.apply(work, (queue, batch, jobs))
        return Cost(used / done * 1e6, (cpu_seconds(server) - before) / done * 1e6, done / (ended - began))


def fill(queue: Queue, jobs: int) -> None:
    """Enqueue jobs, and let the database settle."""
    with open_store(queue.url, durable=False, data_dir=queue.data_dir) as store:
        batch = store.batch()
        batch.stage([*enumerate([NewJob(command="true")] * jobs)])
        batch.commit()
    queue.settle()


def cpu_seconds(server: Server | None) -> float:
    """Of the server so far, if that is known."""
    return server.cpu_seconds() if server and server.pid else 0.0


def work(queue: Queue, batch: int, jobs: int, most_seconds: float = 1e9) -> list[tuple[int, float, float]]:
    """Claim and complete them; returns after each transaction: how many, the time, and the CPU time used."""
    with open_store(queue.url, durable=False, data_dir=queue.data_dir) as store:
        now = time.time()
        store.workers.register(Worker("w", "host", os.getpid(), batch, 0, [], False, now, now), 3600)
        claims = store.claims.claim("w", batch)
        done, began, used = 0, time.perf_counter(), time.process_time()
        steps = [(0, began, 0.0)]
        while claims and done < jobs and time.perf_counter() - began < most_seconds:
            with store.transaction():
                assert not store.reports.complete_all([(claim.lease, ENDED) for claim in claims])
                done += len(claims)
                claims = store.claims.claim("w", batch)
            steps.append((done, time.perf_counter(), time.process_time() - used))
        return steps


if __name__ == "__main__":
    main()
