"""Containers that share nothing but PostgreSQL, and are killed, or vanish with everything that they have."""

import itertools
import random
from pathlib import Path

import pytest

from tests.faults.commands import MIX, Kind
from tests.faults.container_fleet import OVERRIDE, ContainerFleet, docker, running_containers
from tests.faults.leftovers import remaining
from tests.faults.options import LONG
from tests.faults.storm import storm
from tests.lacking import lacking
from tests.postgres.leftovers import NOTHING_LEFT
from tests.running import eventually, is_ready
from tests.stack.stacks import engine_answers

WORKERS = 3
# No killers, as the engine waits longer and longer before it restarts what ends by itself.
LASTING = MIX | {Kind.KILLER: 0, Kind.LONG: 10}
ONE_API = {"api": {"scale": 1, "ports": ["127.0.0.1:${QUEUECTL_API_PORT}:8000"]}}
PSQL = ("psql", "--host=/sockets/api", "--no-align", "--tuples-only", "queuectl", "--command")


class SeparateContainers(ContainerFleet):
    """See ContainerFleet. The volume with the run log is the test's."""

    files = ("docker-compose.yml", "deploy/postgres.yml")
    images = ("api", "worker", "database")
    override = OVERRIDE | {"services": OVERRIDE["services"] | ONE_API}

    def kill_a_worker(self) -> None:
        """With its data, which are in memory; then start it again."""
        worker = random.choice(self.containers("worker"))
        docker("kill", worker)
        docker("start", worker)

    def remove_a_worker(self) -> None:
        """It never comes back; another one takes its place."""
        docker("rm", "--force", random.choice(self.containers("worker")))
        self.scale(WORKERS)

    def kill_the_database(self) -> None:
        """And start it again."""
        [database] = self.containers("database")
        docker("kill", database)
        docker("start", database)
        eventually(lambda: is_ready(self.system.url))

    def stop(self) -> list[str]:
        """End the workers; what is left in the database then, in words, once the API has swept."""
        self.compose("stop", "worker")
        self.copy_run_log()
        self.compose("restart", "api")
        return remaining(self._left_in_database)

    def _left_in_database(self) -> list[str]:
        return [
            f"{what} {row} is left in the database"
            for what, query in NOTHING_LEFT.items()
            for row in self.compose("exec", "-T", "-u", "postgres", "database", *PSQL, query).split()
        ]


@pytest.mark.containers
@pytest.mark.xdist_group("replicas")
@pytest.mark.skipif(not LONG, reason="in the short form, hosts are groups of processes: test_killed_hosts.py")
def test_nothing_is_lost_when_containers_that_share_nothing_vanish(tmp_path: Path) -> None:
    if not engine_answers():
        lacking("no container engine answers")
    with running_containers(SeparateContainers(tmp_path, WORKERS)) as fleet:
        faults = itertools.cycle([fleet.kill_a_worker, fleet.remove_a_worker, fleet.kill_the_database])
        storm(
            fleet,
            lambda: next(faults)(),
            name="Containers vanish",
            cause="PostgreSQL: docker kill of a worker, or of the database, and start again; docker rm of a worker",
            number=30,
            pause=2,
            mix=LASTING,
        )
