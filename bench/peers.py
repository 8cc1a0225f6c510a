"""`python -m bench.peers`: compares QueueCTL with other job runners. Run bench/install-peers first.

Each drains `true`, 8 at a time, with its usual number of processes. All jobs are enqueued before the workers start,
except for task-spooler, which cannot be paused.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.drain import drained, xargs
from bench.temp_dir import temp_dir
from tests.running import ROOT, eventually, free_port

JOBS = 5000
TIMES = 3
ENVIRONMENT = ROOT / ".bench" / "peers" / "bin"
WORKERS = {
    "RQ, 8 workers": ("rq", ["{bin}/rq", "worker", "--quiet", "--url", "{url}"], 8),
    "Celery, 8 processes": (
        "celery",
        ["{bin}/celery", "--app", "bench.peer_tasks", "worker", "--loglevel", "error", "--concurrency", "8"],
        1,
    ),
    "Huey, 8 threads": ("huey", ["{bin}/huey_consumer", "bench.peer_tasks.huey", "--workers", "8", "--quiet"], 1),
}


def main() -> None:
    """Measure alternately, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--times", type=int, default=TIMES)
    given = parser.parse_args()
    rates: dict[str, list[float]] = {}
    for _ in range(given.times):
        for name, measure in measures().items():
            rates.setdefault(name, []).append(measure(given.jobs))
            print(f"{name}: {rates[name][-1]:,.0f}", file=sys.stderr, flush=True)
    base = statistics.median(rates["xargs -P2"])
    print("| | jobs/s | of xargs -P2 |\n| --- | --- | --- |")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):,.0f} | {statistics.median(found) / base:.2f} |")


def measures() -> dict[str, Callable[[int], float]]:
    """For each job runner, a function that returns its jobs per second."""
    return {
        "xargs -P2": xargs,
        "QueueCTL, 1 worker of 8 slots": lambda jobs: drained(jobs, workers=1, slots=8),
        "GNU parallel -j8": lambda jobs: timed(jobs, f"seq {jobs} | parallel -j8 --will-cite -n0 true"),
        "task-spooler, 8 slots": task_spooler,
        **{name: lambda jobs, name=name: queue(name, jobs) for name in WORKERS},  # type: ignore[misc]
    }


def timed(jobs: int, script: str, **environment: str) -> float:
    """Jobs per second of a script that runs all of them."""
    began = time.perf_counter()
    subprocess.run(["sh", "-c", script], env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    return jobs / (time.perf_counter() - began)


def task_spooler(jobs: int) -> float:
    """Jobs per second, from the first call to the end of the last job."""
    with temp_dir() as directory:
        own = {"TS_SOCKET": f"{directory}/socket", "TMPDIR": str(directory), "TS_MAXFINISHED": "100", "TS_SLOTS": "8"}
        script = f"for n in $(seq {jobs}); do tsp true; done; tsp -w"
        rate = timed(jobs, script, **own)
        subprocess.run(["tsp", "-K"], env=os.environ | own, check=True)
    return rate


def queue(name: str, jobs: int) -> float:
    """Jobs per second, from the first job's command to the last one's, by the files that they create."""
    peer, command, workers = WORKERS[name]
    with temp_dir() as directory, redis(directory) as port:
        environment = os.environ | {"PEER_REDIS_PORT": str(port), "PYTHONPATH": str(ROOT)}
        enqueue = "from bench.peer_tasks import main; main()"  # with -m, its tasks would belong to __main__
        put = [str(ENVIRONMENT / "python"), "-c", enqueue, peer, str(jobs), str(directory)]
        subprocess.run(put, env=environment, cwd=ROOT, check=True)
        words = [word.format(bin=ENVIRONMENT, url=f"redis://127.0.0.1:{port}") for word in command]
        running = [
            subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(workers)
        ]
        begun, ended = directory / "begun", directory / "ended"
        eventually(ended.exists, patience=300)
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
        return jobs / (ended.stat().st_mtime - begun.stat().st_mtime)


@contextmanager
def redis(directory: Path) -> Iterator[int]:
    """A separate Redis server with default persistence, which is not synchronous."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--dir", str(directory), "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        eventually(lambda: not subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).returncode)
        yield port
        server.terminate()


if __name__ == "__main__":
    main()
