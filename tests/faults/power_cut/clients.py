"""Clients that use the queue all at once, and note each acknowledgement at the moment it has come."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx

from tests.faults.power_cut.history import Said, command
from tests.running import eventually
from tests.signed_in import client

CLIENTS = 6
BATCH = 10
A_DAY = 86_400.0


class Clients:
    """Users of the queue, each on a connection of its own."""

    def __init__(self, url: str, notes: Path) -> None:
        self._http = client(url)
        self._notes = notes
        self._fd = os.open(notes, os.O_WRONLY | os.O_APPEND)

    def burst(self, name: str) -> None:
        """A turn of each, until all has been run. Ids begin with the name."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(self._take_turn, [f"{name}-{client}" for client in range(CLIENTS)]))
        eventually(self._idle)

    def _idle(self) -> bool:
        jobs = self._http.get("/api/status").raise_for_status().json()["jobs"]
        return not (jobs["pending"] or jobs["processing"])

    def _take_turn(self, name: str) -> None:
        """Jobs that run, alone and in a batch, of which one is deleted; and two that wait until they go."""
        for number in range(3):
            self._enqueue(f"{name}-{number}")
        self._enqueue_batch([f"{name}-batch-{number}" for number in range(BATCH)])
        self._enqueue(f"{name}-cancelled", delay=A_DAY)
        self._cancel(f"{name}-cancelled")
        self._enqueue(f"{name}-deleted", delay=A_DAY)
        self._delete(f"{name}-deleted")
        self._delete(f"{name}-0")

    def _enqueue(self, job_id: str, **fields: Any) -> None:
        self._http.post("/api/jobs", json=self._job(job_id, **fields)).raise_for_status()
        self._note(Said.ENQUEUED, job_id)

    def _enqueue_batch(self, job_ids: list[str]) -> None:
        lines = "\n".join(json.dumps(self._job(job_id)) for job_id in job_ids)
        self._note(Said.TOGETHER, *job_ids)
        headers = {"Content-Type": "application/x-ndjson"}
        self._http.post("/api/jobs/batch", content=lines, headers=headers).raise_for_status()
        self._note(Said.ENQUEUED, *job_ids)

    def _cancel(self, job_id: str) -> None:
        self._http.post(f"/api/jobs/{job_id}/cancel").raise_for_status()
        self._note(Said.CANCELLED, job_id)

    def _delete(self, job_id: str) -> None:
        """Delete it, unless it runs just now."""
        self._note(Said.DELETING, job_id)
        answer = self._http.delete(f"/api/jobs/{job_id}")
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()
            self._note(Said.DELETED, job_id)

    def _job(self, job_id: str, **fields: Any) -> dict[str, Any]:
        return {"id": job_id, "command": command(job_id, self._notes), **fields}

    def _note(self, said: Said, *job_ids: str) -> None:
        os.write(self._fd, f"{' '.join([said, *job_ids])}\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        os.close(self._fd)
