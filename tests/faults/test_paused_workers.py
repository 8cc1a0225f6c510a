"""Workers that are stopped for longer than their lease, and wake up when others have run their jobs."""

import itertools
import signal
import time
from pathlib import Path
from typing import Any

import httpx

from tests.faults.crew import SETTINGS, Crew, running_crew
from tests.faults.form import times
from tests.faults.processes import send, tree
from tests.faults.storm import storm
from tests.running import eventually
from tests.system import System

LONGER_THAN_THE_LEASE = SETTINGS["heartbeat_timeout"] + 0.5


class Pauses:
    """Stops workers, by turns alone and with all that they have started. `taken`: attempts taken from them then."""

    def __init__(self, crew: Crew) -> None:
        self.taken: dict[tuple[str, int], dict[str, Any]] = {}
        self._system = crew.system
        self._victims = itertools.cycle(itertools.product(crew.workers, (False, True)))

    def pause(self) -> None:
        """Stop a worker, see its jobs taken from it, and let it go on."""
        worker, whole_tree = next(self._victims)
        pid = worker.process.pid
        eventually(lambda: held_by(self._system, pid))
        stopped = tree(pid) if whole_tree else [pid]
        send(signal.SIGSTOP, stopped)
        try:
            held = held_by(self._system, pid)
            time.sleep(LONGER_THAN_THE_LEASE)
            self.taken |= lost(self._system, held)
        finally:
            send(signal.SIGCONT, stopped)


def held_by(system: System, pid: int) -> list[str]:
    """The jobs that the worker with this process id runs."""
    names = [worker["id"] for worker in system.get("/api/workers")["items"] if worker["pid"] == pid]
    running = system.get("/api/jobs?state=processing&limit=500")["items"]
    return [job["id"] for job in running if job["worker"] in names]


def lost(system: System, job_ids: list[str]) -> dict[tuple[str, int], dict[str, Any]]:
    """Their lost attempts, by job and number; some jobs may be deleted by now."""
    answers = [httpx.get(f"{system.url}/api/jobs/{job_id}") for job_id in job_ids]
    jobs = [answer.json() for answer in answers if answer.is_success]
    return {
        (job["id"], attempt["number"]): attempt
        for job in jobs
        for attempt in job["history"]
        if attempt["state"] == "lost"
    }


def test_a_worker_that_slept_for_too_long_reports_nothing(tmp_path: Path) -> None:
    with running_crew(tmp_path, workers=3) as crew:
        pauses = Pauses(crew)
        jobs = storm(
            crew,
            pauses.pause,
            name="Workers paused",
            cause="SIGSTOP for longer than the lease, of the worker alone or with all that it started; then SIGCONT",
            number=times(6, 60),
            pause=0.5,
        )
    assert pauses.taken
    for (job_id, number), attempt in pauses.taken.items():
        if job_id in jobs:
            assert attempt == jobs[job_id]["history"][number - 1]
