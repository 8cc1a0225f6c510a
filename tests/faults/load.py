"""Steady load: clients that enqueue, cancel, retry and delete at a bounded rate, whatever happens to the API."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

from tests.faults.commands import MIX, Kind, job
from tests.faults.run_log import Answer, Request, RequestLog, now
from tests.signed_in import client, http

REFUSED = (404, 409, 507)
UNAVAILABLE = 503
"""It may have been done, for example if the disk failed after the write."""
BATCH = 12


class Clients:
    """Several users of one API; `request_log`: their requests and the answers.

    `run_log`: the directory in which commands write, as they see it.
    """

    def __init__(self, url: str, run_log: str, mix: dict[Kind, int]) -> None:
        self.request_log = RequestLog()
        self._http = client(url, timeout=30)
        self._run_log = run_log
        self._mix = mix
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()

    def enqueue_one(self) -> None:
        """A job."""
        new = self._new()
        self._ask("enqueue", (new["id"],), "POST", "/api/jobs", json=new)

    def enqueue_batch(self) -> None:
        """Many jobs, all or none."""
        batch = [self._new() for _ in range(BATCH)]
        self._ask("enqueue", tuple(new["id"] for new in batch), "POST", "/api/jobs/batch", json=batch)

    def cancel(self) -> None:
        """Stop a job that waits or runs."""
        if job_id := self._one_in("pending,processing,failed"):
            self._ask("cancel", (job_id,), "POST", f"/api/jobs/{job_id}/cancel")

    def retry(self) -> None:
        """Run a job again that has died or was cancelled."""
        if job_id := self._one_in("dead,cancelled"):
            self._ask("retry", (job_id,), "POST", f"/api/jobs/{job_id}/retry")

    def delete(self) -> None:
        """Delete a job that has ended."""
        if job_id := self._one_in("completed,dead,cancelled"):
            self._ask("delete", (job_id,), "DELETE", f"/api/jobs/{job_id}")

    def delete_by_force(self) -> None:
        """Delete a job that most likely runs."""
        if job_id := self._one_in("processing"):
            self._ask("delete", (job_id,), "DELETE", f"/api/jobs/{job_id}?force=true")

    def keep_asking(self, ask: Callable[[], None], every: float) -> None:
        """Until they are told to stop; `every`: seconds between the beginnings of two requests."""
        while not self._stopping.wait(every * random.uniform(0.5, 1.5)):
            ask()

    def stop(self) -> None:
        """Nothing new is asked for from now on."""
        self._stopping.set()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _new(self) -> dict[str, Any]:
        [kind] = random.choices(list(self._mix), list(self._mix.values()))
        return job(f"job-{next(self._numbers)}", kind, self._run_log)

    def _one_in(self, states: str) -> str | None:
        try:
            answer = self._http.get("/api/jobs", params={"state": states, "limit": 20})
        except httpx.TransportError:
            return None
        assert answer.is_success or answer.status_code == UNAVAILABLE, f"{answer.status_code} {answer.text}"
        found = answer.json()["items"] if answer.is_success else []
        return random.choice(found)["id"] if found else None

    def _ask(self, verb: str, ids: tuple[str, ...], method: str, path: str, json: Any = None) -> None:
        asked = now()
        try:
            answer = self._http.request(method, path, json=json)
        except httpx.TransportError:
            self.request_log.write(Request(verb, ids, Answer.UNKNOWN, asked))
            return
        if answer.is_success:
            state = answer.json().get("state") if answer.content else None
            self.request_log.write(Request(verb, ids, Answer.ACKNOWLEDGED, asked, state))
        elif answer.status_code in REFUSED:
            self.request_log.write(Request(verb, ids, Answer.REFUSED, asked))
        else:
            self.request_log.write(Request(verb, ids, Answer.UNKNOWN, asked))
            assert answer.status_code == UNAVAILABLE, f"{method} {path}: {answer.status_code} {answer.text}"


@contextmanager
def load(url: str, run_log: str, mix: dict[Kind, int] = MIX) -> Iterator[RequestLog]:
    """About 25 new jobs a second, and some cancels, retries and deletes, as long as the block lasts."""
    clients = Clients(url, run_log, mix)
    rates = {
        clients.enqueue_one: 0.08,
        clients.enqueue_batch: 1.0,
        clients.cancel: 0.5,
        clients.retry: 0.7,
        clients.delete: 0.5,
        clients.delete_by_force: 0.7,
    }
    with ThreadPoolExecutor(len(rates)) as threads:
        asking = [threads.submit(clients.keep_asking, ask, every) for ask, every in rates.items()]
        try:
            yield clients.request_log
        finally:
            clients.stop()
    clients.close()
    for each in asking:
        each.result()


def settled(url: str, patience: float) -> bool:
    """Whether all jobs come to an end."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            answer = http.get(f"{url}/api/jobs?state=pending,processing,failed&limit=1")
            if answer.is_success and not answer.json()["items"]:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return False
