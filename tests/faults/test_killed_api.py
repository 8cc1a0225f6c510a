"""Processes of the API that are killed while requests come in."""

import itertools
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from queuectl_core.model.filter import Filter
from tests.faults.options import times
from tests.faults.process_fleet import ProcessFleet, running_processes
from tests.faults.processes import children, send
from tests.faults.storm import storm
from tests.opened import opened
from tests.running import eventually, is_ready
from tests.signed_in import http


def kill_one(fleet: ProcessFleet) -> None:
    if answering := children(fleet.api.process.pid):
        send(signal.SIGKILL, [random.choice(answering)])


def kill_all(fleet: ProcessFleet) -> None:
    send(signal.SIGKILL, children(fleet.api.process.pid))


def kill_master(fleet: ProcessFleet) -> None:
    send(signal.SIGKILL, [fleet.api.process.pid])


def test_acknowledged_requests_survive_a_killed_api(tmp_path: Path) -> None:
    faults = [kill_one, kill_one, kill_one, kill_all, kill_master]
    with running_processes(tmp_path, workers=2) as fleet:

        def kill() -> None:
            random.choice(faults)(fleet)
            eventually(lambda: is_ready(fleet.system.url))

        storm(
            fleet,
            kill,
            name="API killed",
            cause="SIGKILL of a process that answers, of all of them, or of their master",
            number=times(8, 150),
            pause=0.6,
        )


def test_a_request_repeated_with_its_key_is_done_once_if_the_api_is_killed(tmp_path: Path) -> None:
    over = threading.Event()
    with running_processes(tmp_path, workers=0) as fleet:

        def insist(client: int) -> list[str]:
            """Enqueue one job after the other, some as a batch, each until it is answered; the ids of all."""
            ids = list[str]()
            numbers = itertools.count()
            while not over.is_set():
                number = next(numbers)
                ids += until_answered(fleet.system.url, f"{client}-{number}", batch=number % 2 == 1)
            return ids

        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(insist, client) for client in range(4)]
            try:
                for _ in range(times(5, 80)):
                    time.sleep(random.uniform(0.1, 0.5))
                    random.choice([kill_one, kill_all, kill_master])(fleet)
                    eventually(lambda: is_ready(fleet.system.url))
            finally:
                over.set()
        told = [job_id for client in clients for job_id in client.result()]
        with opened(tmp_path / "data" / "queue.db") as store:
            there = [job.id for job in store.jobs.page(Filter(), limit=1_000_000).items]
    assert told
    assert sorted(told) == sorted(there)


def until_answered(url: str, key: str, *, batch: bool) -> list[str]:
    """Enqueue what is answered with new ids, however often that takes."""
    job = {"command": "true"}
    path, body = ("/api/jobs/batch", [job, job]) if batch else ("/api/jobs", job)
    while True:
        try:
            answer = http.post(f"{url}{path}", json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            continue
        if answer.status_code != 409:  # of one before, which is still under way
            told = answer.raise_for_status().json()
            return told["ids"] if batch else [told["id"]]
