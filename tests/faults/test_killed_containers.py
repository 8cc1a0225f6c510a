"""Containers that are killed and started again, and workers that are stopped as operators stop them."""

import itertools
import random
from pathlib import Path

import pytest

from tests.faults.commands import MIX, Kind
from tests.faults.container_fleet import ContainerFleet, docker, running_containers
from tests.faults.options import times
from tests.faults.storm import storm
from tests.lacking import lacking
from tests.running import eventually, is_ready
from tests.stack.stacks import engine_answers

WORKERS = 3
# No killers, as the engine waits longer and longer before it restarts what ends by itself; many that outlast a drain.
LASTING = MIX | {Kind.KILLER: 0, Kind.LONG: 15}


class Operator:
    """Kills and stops containers. `killed`, `stopped`: the names of workers that were, or may have been."""

    def __init__(self, fleet: ContainerFleet) -> None:
        self.killed: set[str] = set()
        self.stopped: set[str] = set()
        self._fleet = fleet
        self._turns = itertools.cycle(
            [self.kill_all, self.stop_a_worker, self.scale_down, self.stop_all, self.kill_a_worker, self.kill_the_api]
        )

    def act(self) -> None:
        """The next thing in turn."""
        eventually(lambda: is_ready(self._fleet.system.url))
        next(self._turns)()

    def kill_a_worker(self) -> None:
        self._kill(random.choice(self._fleet.containers("worker")))

    def kill_the_api(self) -> None:
        self._kill(*self._fleet.containers("api"))

    def kill_all(self) -> None:
        self._kill(*self._fleet.containers("api"), *self._fleet.containers("worker"))

    def stop_a_worker(self) -> None:
        worker = random.choice(self._fleet.containers("worker"))
        self.stopped |= self._names(worker)
        docker("stop", worker)
        docker("start", worker)

    def stop_all(self) -> None:
        self.stopped |= self._names(*self._fleet.containers("worker"))
        self._fleet.compose("stop")
        self._fleet.compose("start")

    def scale_down(self) -> None:
        self.stopped |= self._names(*self._fleet.containers("worker"))
        self._fleet.scale(1)
        self._fleet.scale(WORKERS)

    def _kill(self, *containers: str) -> None:
        self.killed |= self._names(*containers)
        docker("kill", *containers)
        docker("start", *self._fleet.containers("api"))
        eventually(lambda: is_ready(self._fleet.system.url))
        self.killed |= self._names(*containers)  # a worker may have registered while it was killed
        docker("start", *containers)

    def _names(self, *containers: str) -> set[str]:
        """Under which their workers are registered, also those that were killed a moment ago."""
        hosts = [container[:12] for container in containers]
        return {worker["id"] for worker in self._fleet.system.get("/api/workers")["items"] if worker["host"] in hosts}


@pytest.mark.containers
@pytest.mark.xdist_group("containers")
def test_nothing_is_lost_when_containers_are_killed_and_no_attempt_is_used_up_by_a_stop(tmp_path: Path) -> None:
    if not engine_answers():
        lacking("no container engine answers")
    with running_containers(ContainerFleet(tmp_path, WORKERS)) as fleet:
        operator = Operator(fleet)
        jobs = storm(
            fleet,
            operator.act,
            name="Containers killed",
            cause="docker kill of workers and API and start again; docker stop, scale down and up",
            number=times(4, 60),
            pause=1,
            mix=LASTING,
        )
    stopped = operator.stopped - operator.killed
    attempts = [attempt for job in jobs.values() for attempt in job["history"] if attempt["worker"] in stopped]
    assert [attempt for attempt in attempts if attempt["state"] == "released"]
    assert not [attempt for attempt in attempts if attempt["state"] == "lost"]
