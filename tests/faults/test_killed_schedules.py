"""Processes of the API that are killed while schedules fire."""

import random
import time
from collections import Counter
from pathlib import Path

from queuectl_core.model.filter import Filter
from queuectl_core.model.schedule import Fire
from queuectl_core.store.store import Store
from tests.faults.options import times
from tests.faults.process_fleet import running_processes
from tests.faults.report import Finding, record
from tests.faults.test_killed_api import kill_all, kill_master, kill_one
from tests.opened import opened
from tests.running import eventually, is_ready
from tests.signed_in import client

RULES: dict[str, dict[str, str]] = {
    "latest": {"overlap": "allow"},
    "all": {"overlap": "allow", "catch_up": "all"},
    "queue": {"overlap": "queue", "catch_up": "all"},
    "skip": {},
}


def test_each_time_fires_once_if_the_api_is_killed(tmp_path: Path) -> None:
    with running_processes(tmp_path, workers=1) as fleet, client(fleet.system.url) as api:
        for name, rules in RULES.items():
            new = {"name": name, "every": 1, "job": {"command": "true"}} | rules
            api.post("/api/schedules", json=new).raise_for_status()
        for _ in range(times(7, 100)):
            time.sleep(random.uniform(0.2, 1.5))
            random.choice([kill_one, kill_one, kill_all, kill_master])(fleet)
            eventually(lambda: is_ready(fleet.system.url))
        with opened(tmp_path / "data" / "queue.db") as store:
            for name in RULES:
                store.schedules.set_paused(name, True)
            eventually(lambda: not any(waits(fire) for name in RULES for fire in fires(store, name)))
            found = {name: fires(store, name) for name in RULES}
            jobs = {
                job.id: (job.schedule, job.scheduled_at) for job in store.jobs.page(Filter(), limit=1_000_000).items
            }
    fired = {fire.job: (name, fire.scheduled_at) for name, some in found.items() for fire in some if fire.job}
    assert fired == jobs, "each fire has its own job, and each job its fire"
    for name, some in found.items():
        covered = times_of(some)
        assert covered == list(range(covered[0], covered[-1] + 1)), f"{name}: each second is in the history once"
    record(
        Finding(
            fault="API killed while schedules fire",
            cause="SIGKILL of a process that answers, of all of them, or of their master",
            times=times(7, 100),
            jobs=len(jobs),
        )
    )
    print(Counter(fire.outcome.value for some in found.values() for fire in some))


def fires(store: Store, name: str) -> list[Fire]:
    return store.fires.page(name, limit=5000).items


def waits(fire: Fire) -> bool:
    return fire.outcome == "enqueued" and fire.job is None


def times_of(fires: list[Fire]) -> list[int]:
    """All times that the history names, in seconds since the epoch."""
    spans = [(int(fire.scheduled_at), int(fire.until or fire.scheduled_at)) for fire in fires]
    return sorted(time for first, last in spans for time in range(first, last + 1))
