"""A storm: faults under load, then a quiet end, then the comparison."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.faults.checker import check
from tests.faults.commands import MIX, Kind
from tests.faults.load import load, settled
from tests.faults.options import times
from tests.faults.report import record
from tests.faults.run_log import lines
from tests.signed_in import client
from tests.system import System

PATIENCE_SECONDS = times(150, 300)
"""How long all jobs may take to end: a busy machine restarts services slowly, and more jobs come meanwhile."""


class Fleet(Protocol):
    """A system under test; see `process_fleet` and `container_fleet`."""

    system: System
    run_log: str
    """The directory in which commands write down when they ran, as they see it."""

    def written(self) -> str:
        """What they wrote."""

    def idle(self) -> list[str]:
        """What is left of commands and dead workers once the queue is empty, in words."""

    def stop(self) -> list[str]:
        """End all of it; what is left then, in words."""


def storm(
    fleet: Fleet,
    fault: Callable[[], None],
    *,
    name: str,
    cause: str,
    number: int,
    pause: float,
    mix: dict[Kind, int] = MIX,
    seen: Sequence[dict[str, Any]] = (),
    steady: bool = True,
) -> dict[str, dict[str, Any]]:
    """Cause a fault `number` times, about `pause` seconds apart, and fail unless nothing went wrong by it.

    `seen`: jobs as the fault has found them, with their histories. `steady`: whether the wall clock goes steadily.
    Returns all jobs as they are in the end, by their ids, each with its history.
    """
    with load(fleet.system.url, fleet.run_log, mix) as request_log:
        for _ in range(number):
            time.sleep(pause * random.uniform(0.5, 1.5))
            fault()
    settled(fleet.system.url, PATIENCE_SECONDS)  # what has not is found by the checker
    jobs = all_jobs(fleet.system.url)
    left_behind = fleet.idle() + fleet.stop()
    violations = check(
        request_log.requests(), lines(fleet.written()), jobs, seen=seen, left_behind=left_behind, steady=steady
    )
    finding = violations.finding(name, cause, number, len(request_log.acknowledged()))
    record(finding)
    assert finding.jobs > 0
    assert finding.clean, f"{finding}\n{violations}"
    return {job["id"]: job for job in jobs}


def all_jobs(url: str) -> list[dict[str, Any]]:
    """All that the API lists, with their histories."""
    with client(url) as http:
        ids, query = list[str](), {"limit": "500", "sort": "created_at"}
        while True:
            page = http.get("/api/jobs", params=query).raise_for_status().json()
            ids += [job["id"] for job in page["items"]]
            if page["next_cursor"] is None:
                return [http.get(f"/api/jobs/{job_id}").raise_for_status().json() for job_id in ids]
            query["cursor"] = page["next_cursor"]
