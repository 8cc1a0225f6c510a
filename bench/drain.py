"""`python -m bench.drain`: how fast workers drain 10,000 `true`, against `xargs` in the same run.

With `--backlog` also with 1,000,000 jobs each behind them, finished, and of higher priority but due only tomorrow.
"""

import argparse
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx

from bench.figure import Figure, show
from bench.room import room
from tests.running import eventually, migrate, program, running_api
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
    """Goals 1 and 2, and 3 where there is to be a backlog: medians of `times` rounds, each with xargs in its turn."""
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
    """The middle one, the least and the greatest."""
    return f"{statistics.median(rates):,.0f} jobs/s, {min(rates):,.0f} to {max(rates):,.0f}"


def against(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Both spreads."""
    return f"{spread(ours)}; xargs {spread(theirs)}"


def xargs(jobs: int) -> float:
    """Commands a second that a shell runs, two at a time."""
    began = time.perf_counter()
    subprocess.run(["sh", "-c", XARGS.format(jobs)], check=True)
    return jobs / (time.perf_counter() - began)


def drained(jobs: int, workers: int, slots: int, backlog: int = 0, command: str = "true") -> float:
    """Jobs a second from the first attempt's start to the last one's end, as recorded; all workers are ready before.

    Asserts that each was completed by its one attempt, and has a log.
    """
    with room() as data_dir, ExitStack() as running:
        migrate(data_dir)
        url = running.enter_context(running_api(data_dir))
        api = running.enter_context(client(url))
        pause(api, True)
        enqueue(api, jobs, command)
        if backlog:
            fill(data_dir / "queue.db", backlog)
        for _ in range(workers):
            running.enter_context(
                program("queuectl-worker", data_dir / "worker.log", data_dir=data_dir, concurrency=slots)
            )
        eventually(lambda: api.get("/api/status").json()["workers"] == workers)
        time.sleep(1)  # what they still do at their start is not what is measured
        pause(api, False)
        database = sqlite3.connect(f"file:{data_dir}/queue.db?mode=ro", uri=True)
        eventually(lambda: ended(database, jobs), patience=120)
        [kept] = database.execute("SELECT count(output_bytes) FROM attempt WHERE seq <= ?", [jobs]).fetchone()
        assert kept == jobs
        [seconds] = database.execute(
            "SELECT max(ended_at) - min(started_at) FROM attempt WHERE seq <= ?", [jobs]
        ).fetchone()
        return jobs / float(seconds)


def pause(api: httpx.Client, paused: bool) -> None:
    """Have no jobs begin, or have them begin."""
    api.patch("/api/queues/default", json={"paused": paused}).raise_for_status()


def enqueue(api: httpx.Client, jobs: int, command: str) -> None:
    """Put them in by one batch; their numbers are 1 to `jobs`."""
    lines = "".join(f'{{"command": "{command}"}}\n' for _ in range(jobs))
    headers = {"Content-Type": "application/x-ndjson"}
    api.post("/api/jobs/batch", content=lines, headers=headers).raise_for_status()


def ended(database: sqlite3.Connection, jobs: int) -> bool:
    """Whether the last is done, cheaply; then whether all are, each by one attempt."""
    [last] = database.execute("SELECT state FROM job WHERE seq = ?", [jobs]).fetchone()
    if last != "completed":
        time.sleep(0.05)
        return False
    [good] = database.execute(
        "SELECT count(*) FROM job WHERE seq <= ? AND state = 'completed' AND attempts = 1", [jobs]
    ).fetchone()
    return bool(good == jobs)


def fill(database: Path, count: int) -> None:
    """Add `count` each of jobs that are due later in line, finished ones, and urgent ones of tomorrow."""
    kinds = (
        ("pending", 0, "1", "created_at", "NULL"),
        ("completed", 0, "NULL", "NULL", "created_at"),
        ("pending", 9, "0", "created_at + 86400", "NULL"),
    )
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    for state, priority, due, next_run_at, finished_at in kinds:
        connection.execute(
            f"""
            WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})
            INSERT INTO job (id, command, queue, priority, state, due, attempt, attempts, cancelling, created_at,
                updated_at, next_run_at, finished_at)
            SELECT '{state}-{priority}-' || n, 'true', 'default', {priority}, '{state}', {due}, 0, 0, 0, created_at,
                created_at, {next_run_at}, {finished_at}
            FROM number, (SELECT max(created_at) AS created_at FROM job)
            """
        )
    connection.execute("DELETE FROM tally")
    connection.execute("INSERT INTO tally SELECT queue, state, count(*) FROM job GROUP BY queue, state")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


if __name__ == "__main__":
    main()
