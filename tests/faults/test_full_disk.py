"""A disk that is full now and then while much is asked for."""

import random
import time
from pathlib import Path

import httpx

from tests.faults.options import times
from tests.faults.process_fleet import SETTINGS, running_processes
from tests.faults.small_disk import fill, small_disk
from tests.faults.storm import storm
from tests.running import eventually
from tests.signed_in import http

LONGER_THAN_THE_LEASE = SETTINGS["heartbeat_timeout"] + 1.5
FULL = 507


def test_nothing_is_lost_if_the_disk_is_full_now_and_then(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with small_disk(data, mebibytes=128), running_processes(tmp_path, workers=2) as fleet:

        def full_for_a_while() -> None:
            ballast = data / "ballast"
            fill(ballast)
            eventually(lambda: set_something(fleet.system.url) == FULL)
            time.sleep(random.uniform(0.5, LONGER_THAN_THE_LEASE))
            ballast.unlink()
            eventually(lambda: set_something(fleet.system.url) == httpx.codes.OK)

        storm(
            fleet,
            full_for_a_while,
            name="full disk under load",
            cause="a tmpfs filled to the last byte for a while, up to longer than the lease; then freed",
            number=times(3, 30),
            pause=1,
        )
    said = (tmp_path / "queuectl-worker.log").read_text()
    assert "on hold" in said
    assert "resumed" in said


def set_something(url: str) -> int:
    """Write a little; the answer's status."""
    return http.put(f"{url}/api/config/max-retries", json={"value": 3}, timeout=60).status_code
