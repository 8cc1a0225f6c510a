"""A semaphore of 3 over 8 workers in processes of their own: never more than 3 at once, and never stuck after kills."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from queuectl_core.model.new_job import NewJob
from queuectl_core.model.state import State
from queuectl_core.model.worker import Worker
from queuectl_core.store.open import open_store as open_by_url
from queuectl_core.store.store import Store
from tests.running import eventually
from tests.store.attempts import SUCCESS
from tests.store.backend import Backend

LIMIT = 3
WORKERS = 8
JOBS = 120


def work(url: str, data_dir: Path, name: str) -> None:
    """Claim a few jobs at a time, and complete them in the transaction that claims the next ones, for ever."""
    with open_by_url(url, durable=False, data_dir=data_dir) as store:
        now = time.time()
        store.workers.register(Worker(name, "host", os.getpid(), 2, 0, [], False, now, now), 3600)
        claims = store.claims.claim(name, 2)
        while True:
            time.sleep(0.005)
            with store.transaction():
                store.reports.complete_all([(claim.lease, SUCCESS) for claim in claims])
                claims = store.claims.claim(name, 2)


@contextmanager
def workers(url: str, data_dir: Path, names: list[str]) -> Iterator[Mapping[str, BaseProcess]]:
    context = multiprocessing.get_context("spawn")
    processes = {name: context.Process(target=work, args=(url, data_dir, name), daemon=True) for name in names}
    for process in processes.values():
        process.start()
    try:
        yield processes
    finally:
        for process in processes.values():
            process.kill()
            process.join()


def test_it_is_never_exceeded_and_never_stuck(store: Store, backend: Backend, tmp_path: Path) -> None:
    lock = {"key": "db", "limit": LIMIT}
    new = [NewJob.model_validate({"command": "true", "lock": lock, "queue": f"q{n % 2}"}) for n in range(JOBS)]
    batch = store.batch()
    batch.stage([*enumerate(new)])
    batch.commit()
    names = [f"w{number}" for number in range(WORKERS)]
    most = 0
    store.config.set("backoff-base", 0)
    with workers(backend.url, tmp_path, names) as processes:
        eventually(lambda: store.jobs.counts()[State.COMPLETED] > 0, patience=60)
        killed = 0
        while (done := store.jobs.counts())[State.COMPLETED] < JOBS:
            most = max(most, store.locks.use("db").running)
            assert most <= LIMIT
            if killed < WORKERS - 2 and done[State.COMPLETED] > 10 * (killed + 1):
                name = names[killed]
                pid = processes[name].pid
                assert pid
                os.kill(pid, signal.SIGKILL)
                processes[name].join()
                assert store.workers.reap(name)
                killed += 1
    assert most > 1, "jobs with the lock ran at the same time"
    assert store.locks.page(limit=9).items == []
