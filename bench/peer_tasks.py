"""The same command as a task for RQ, Celery and Huey. Runs in their environment, see bench/peers.py.

`main` takes PEER JOBS DIRECTORY and enqueues. The first job creates the file `begun`, the last one `ended`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

PORT = int(os.environ.get("PEER_REDIS_PORT", "0"))
URL = f"redis://127.0.0.1:{PORT}/0"


def run(command: str) -> int:
    """Run a command, discarding its output; returns its exit status."""
    return subprocess.run(["sh", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def commands(jobs: int, directory: str) -> Iterator[str]:
    """The commands of all jobs."""
    yield f"touch {directory}/begun"
    yield from ["true"] * (jobs - 2)
    yield f"touch {directory}/ended"


if "celery" in sys.argv[0] or "celery" in sys.argv:
    from celery import Celery

    app = Celery("bench.peer_tasks", broker=URL)
    app.conf.worker_prefetch_multiplier = 4
    celery_run = app.task(run, name="run", ignore_result=True)

if "huey" in sys.argv[0] or "huey" in sys.argv:
    from huey import RedisHuey

    huey = RedisHuey("peer", port=PORT, results=False)
    huey_run = huey.task()(run)


def main() -> None:
    """Enqueue all jobs."""
    peer, jobs, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if peer == "celery":
        for command in commands(jobs, directory):
            celery_run.delay(command)
    elif peer == "huey":
        for command in commands(jobs, directory):
            huey_run(command)
    else:
        from redis import Redis
        from rq import Queue

        task = "bench.peer_tasks.run"
        Queue(connection=Redis(port=PORT)).enqueue_many(
            [Queue.prepare_data(task, (command,), result_ttl=0) for command in commands(jobs, directory)]
        )
