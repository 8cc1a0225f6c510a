"""Workers that are killed, with or without their spawner, and some that are asked to stop."""

import random
import signal
from pathlib import Path

from tests.faults.commands import Kind, job
from tests.faults.crew import Service, running_crew
from tests.faults.form import times
from tests.faults.processes import children, send, words
from tests.faults.storm import storm
from tests.running import eventually


def kill_worker(worker: Service) -> None:
    send(signal.SIGKILL, [worker.process.pid])


def kill_worker_and_spawner(worker: Service) -> None:
    send(signal.SIGKILL, [worker.process.pid, *spawner(worker)])


def kill_spawner(worker: Service) -> None:
    send(signal.SIGKILL, spawner(worker))


def drain(worker: Service) -> None:
    send(signal.SIGTERM, [worker.process.pid])


def spawner(worker: Service) -> list[int]:
    return [pid for pid in children(worker.process.pid) if "queuectl_worker.spawner" in words(pid)]


def test_nothing_is_lost_when_workers_are_killed(tmp_path: Path) -> None:
    faults = [kill_worker, kill_worker, kill_worker_and_spawner, kill_spawner, drain]
    with running_crew(tmp_path, workers=3) as crew:
        storm(
            crew,
            lambda: random.choice(faults)(random.choice(crew.workers)),
            name="Workers killed",
            cause="SIGKILL of a random worker, of its spawner, or of both; now and then SIGTERM",
            number=times(40, 500),
            pause=0.4,
        )


def test_a_command_that_kills_its_worker_every_time_ends_dead(tmp_path: Path) -> None:
    with running_crew(tmp_path, workers=2) as crew:
        system = crew.system
        system.enqueue(**job("killer", Kind.KILLER, crew.ledger))
        killer = system.in_state("killer", "dead")
        assert [attempt["state"] for attempt in killer["history"]] == ["lost", "lost"]
        assert "was lost" in killer["error"]
        eventually(lambda: system.get("/api/status")["workers"] == 2)
        system.enqueue(**job("other", Kind.QUICK, crew.ledger))
        system.in_state("other", "completed")
