"""Jobs whose commands write to the run log of a fleet, and may run twice."""

import random

from tests.faults.commands import Kind, job
from tests.postgres.host_fleet import Host, HostFleet
from tests.running import eventually


def running_job(fleet: HostFleet, command: str) -> tuple[str, Host]:
    """Its id, and the host on which its command runs. It fails once at most, and is retried immediately."""
    job_id = f"job-{random.randrange(10**9)}"
    new = job(job_id, Kind.QUICK, fleet.run_log) | {"max_retries": 1, "backoff_base": 0}
    fleet.system.enqueue(**new | {"command": new["command"].replace("\n:\n", f"\n{command}\n")})
    eventually(lambda: f"start {job_id} 1 " in fleet.written())
    return job_id, fleet.host_of(fleet.system.in_state(job_id, "processing")["worker"])


def assert_ran_again(fleet: HostFleet, job_id: str) -> None:
    """Its first attempt was lost, and over before the second one began."""
    found = fleet.system.in_state(job_id, "completed")
    assert [attempt["state"] for attempt in found["history"]] == ["lost", "completed"]
    assert f"start {job_id} 2 " in fleet.written()
    assert f"overlap {job_id}" not in fleet.written()
