"""`python -m bench.drain`: how fast workers drain 10,000 times `true`, compared with `xargs` in the same run.

`--backlog` adds 1,000,000 jobs each that are further back in the queue, finished, and urgent but due tomorrow.
"""

import argparse
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack

import httpx

from bench.figure import Figure, show
from bench.server import Queue, Server, empty_queue
from queuectl_core.postgres.ready import INSERT_READY, INSERT_WAITING
from queuectl_core.store.session import Session
from tests.running import eventually, program, running_api
from tests.signed_in import client

JOBS = 10_000
TIMES = 3
BACKLOG = 1_000_000
XARGS = "seq {} | xargs -P2 -n1 sh -c true"


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--backlog", type=int, nargs="?", const=BACKLOG, default=0)
    given = parser.parse_args()
    show(figures(given.jobs, given.times, given.backlog))


def figures(jobs: int = JOBS, times: int = TIMES, backlog: int = BACKLOG) -> list[Figure]:
    """Goals 1 and 2, and goal 3 if there is a backlog: medians of `times` rounds, alternating with xargs."""
    shell, one, four = [], [], []
    for _ in range(times):
        shell.append(xargs(jobs))
        one.append(drained(jobs, workers=1, slots=8))
        four.append(drained(jobs, workers=4, slots=2))
    shell.append(xargs(jobs))
    base = statistics.median(shell)
    found = [
        Figure(
            1, "drain, 1 worker of 8 slots / xargs", statistics.median(one) / base, "x", 1.0, note=against(one, shell)
        ),
        Figure(
            2,
            "drain, 4 workers of 2 slots / xargs",
            statistics.median(four) / base,
            "x",
            0.9,
            note=against(four, shell),
        ),
    ]
    if backlog:
        behind = [drained(jobs, workers=1, slots=8, backlog=backlog)]
        rate = statistics.median(behind) / statistics.median(one)
        found.append(Figure(3, f"drain, 3 x {backlog:,} others there / without", rate, "x", 0.95, note=spread(behind)))
    return found


def spread(rates: Sequence[float]) -> str:
    """The median, minimum and maximum."""
    return f"{statistics.median(rates):,.0f} jobs/s, {min(rates):,.0f} to {max(rates):,.0f}"


def against(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Both spreads, as a note."""
    return f"{spread(ours)}; xargs {spread(theirs)}"


def xargs(jobs: int) -> float:
    """Commands per second that `xargs` runs, two at a time."""
    began = time.perf_counter()
    subprocess.run(["sh", "-c", XARGS.format(jobs)], check=True)
    return jobs / (time.perf_counter() - began)


def drained(
    jobs: int, workers: int, slots: int, backlog: int = 0, command: str = "true", server: Server | None = None
) -> float:
    """Jobs per second from the first attempt's start to the last one's end, as recorded; workers are ready before.

    Asserts that each job was completed by a single attempt, and has a log.
    """
    with ExitStack() as running:
        queue = running.enter_context(empty_queue(server))
        url = running.enter_context(running_api(**queue.settings))
        api = running.enter_context(client(url))
        pause(api, True)
        enqueue(api, jobs, command)
        if backlog:
            fill(queue, backlog)
        for _ in range(workers):
            running.enter_context(
                program("queuectl-worker", queue.data_dir / "worker.log", concurrency=slots, **queue.settings)
            )
        eventually(lambda: api.get("/api/status").json()["workers"] == workers)
        time.sleep(1)  # do not measure their start-up
        pause(api, False)
        database = running.enter_context(queue.session())
        eventually(lambda: ended(database, jobs), patience=120)
        kept = database.value("SELECT count(output_bytes) FROM attempt WHERE seq <= ?", [jobs])
        assert kept == jobs
        seconds = database.value("SELECT max(ended_at) - min(started_at) FROM attempt WHERE seq <= ?", [jobs])
        return jobs / float(seconds)


def pause(api: httpx.Client, paused: bool) -> None:
    """Pause or resume the queue."""
    api.patch("/api/queues/default", json={"paused": paused}).raise_for_status()


def enqueue(api: httpx.Client, jobs: int, command: str) -> None:
    """Enqueue the jobs as one batch; their `seq`s are 1 to `jobs`."""
    lines = "".join(f'{{"command": "{command}"}}\n' for _ in range(jobs))
    headers = {"Content-Type": "application/x-ndjson"}
    api.post("/api/jobs/batch", content=lines, headers=headers).raise_for_status()


def ended(database: Session, jobs: int) -> bool:
    """Whether all jobs are completed, each by one attempt. Checks the last one first, which is cheap."""
    last = database.value("SELECT state FROM job WHERE seq = ?", [jobs])
    if last != "completed":
        time.sleep(0.05)
        return False
    good = database.value("SELECT count(*) FROM job WHERE seq <= ? AND state = 'completed' AND attempts = 1", [jobs])
    return bool(good == jobs)


def fill(queue: Queue, count: int) -> None:
    """Add `count` jobs each that are further back in the queue, finished, and urgent but due tomorrow."""
    kinds = (
        ("pending", 0, "1", "created_at", "NULL"),
        ("completed", 0, "NULL", "NULL", "created_at"),
        ("pending", 9, "0", "created_at + 86400", "NULL"),
    )
    with queue.session() as session, session.transaction():
        for state, priority, due, next_run_at, finished_at in kinds:
            session.execute(
                f"""
                WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})
                INSERT INTO job (id, command, queue, priority, state, due, attempt, attempts, cancelling, created_at,
                    updated_at, next_run_at, finished_at, sandbox)
                SELECT '{state}-{priority}-' || n, 'true', 'default', {priority}, '{state}', {due}, 0, 0, 0, created_at,
                    created_at, {next_run_at}, {finished_at}, 0
                FROM number, (SELECT max(created_at) AS created_at FROM job) AS newest
                """
            )
        if "database_url" in queue.settings:
            missing = "NOT EXISTS (SELECT 1 FROM ready WHERE ready.seq = job.seq)"
            session.execute(f"{INSERT_READY} job WHERE due = 1 AND {missing} ORDER BY seq")
            session.execute(f"{INSERT_WAITING} job WHERE due = 0")
        session.execute("DELETE FROM tally")
        session.execute("INSERT INTO tally SELECT queue, state, count(*) FROM job GROUP BY queue, state")
    queue.settle()


if __name__ == "__main__":
    main()
