"""Workers that are stopped for longer than their lease, and wake up when others have run their jobs."""

import itertools
import signal
import time
from pathlib import Path
from typing import Any

from tests.faults.options import times
from tests.faults.process_fleet import SETTINGS, ProcessFleet, running_processes
from tests.faults.processes import children, send, tree
from tests.faults.storm import storm
from tests.running import eventually
from tests.signed_in import http
from tests.system import System

LONGER_THAN_THE_LEASE = SETTINGS["heartbeat_timeout"] + 0.5


class Pauses:
    """Stops workers, by turns alone and with guard and commands. `seen`: their jobs in the meantime."""

    def __init__(self, fleet: ProcessFleet) -> None:
        self.seen: list[dict[str, Any]] = []
        self._system = fleet.system
        self._victims = itertools.cycle(itertools.product(fleet.workers, (False, True)))

    def pause(self) -> None:
        """Stop a worker, see its jobs taken from it, and let it go on."""
        worker, whole_tree = next(self._victims)
        eventually(lambda: held_by(self._system, worker.process.pid))
        pid = worker.process.pid
        stopped = tree(pid) if whole_tree else children(pid)
        send(signal.SIGSTOP, stopped)
        try:
            held = held_by(self._system, pid)
            time.sleep(LONGER_THAN_THE_LEASE)
            self.seen += [job for job_id in held if (job := found(self._system, job_id))]
        finally:
            send(signal.SIGCONT, stopped)


def held_by(system: System, pid: int) -> list[str]:
    """The jobs that the worker with this process id runs."""
    names = [worker["id"] for worker in system.get("/api/workers")["items"] if worker["pid"] == pid]
    running = system.get("/api/jobs?state=processing&limit=500")["items"]
    return [job["id"] for job in running if job["worker"] in names]


def found(system: System, job_id: str) -> dict[str, Any] | None:
    """The job with its history, unless it was deleted."""
    answer = http.get(f"{system.url}/api/jobs/{job_id}")
    return answer.json() if answer.is_success else None


def test_a_worker_paused_for_longer_than_its_leases_reports_nothing(tmp_path: Path) -> None:
    with running_processes(tmp_path, workers=3) as fleet:
        pauses = Pauses(fleet)
        storm(
            fleet,
            pauses.pause,
            name="Workers paused",
            cause="SIGSTOP for longer than the lease, of the worker alone or with all of its processes; then SIGCONT",
            number=times(4, 60),
            pause=0.5,
            seen=pauses.seen,
        )
    assert "lost" in [attempt["state"] for job in pauses.seen for attempt in job["history"]]
