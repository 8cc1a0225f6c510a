"""Workers that are killed, with or without their guards, and some that are asked to stop."""

import random
import signal
from pathlib import Path

from tests.faults.commands import Kind, job
from tests.faults.options import times
from tests.faults.process_fleet import Service, running_processes
from tests.faults.processes import children, send
from tests.faults.storm import storm
from tests.running import eventually


def kill_worker(worker: Service) -> None:
    send(signal.SIGKILL, children(worker.process.pid))


def kill_both(worker: Service) -> None:
    send(signal.SIGKILL, [worker.process.pid, *children(worker.process.pid)])


def kill_guard(worker: Service) -> None:
    send(signal.SIGKILL, [worker.process.pid])


def drain(worker: Service) -> None:
    send(signal.SIGTERM, [worker.process.pid])


def test_nothing_is_lost_when_workers_are_killed(tmp_path: Path) -> None:
    faults = [kill_worker, kill_worker, kill_both, kill_guard, drain]
    with running_processes(tmp_path, workers=3) as fleet:
        storm(
            fleet,
            lambda: random.choice(faults)(random.choice(fleet.workers)),
            name="Workers killed",
            cause="SIGKILL of a random worker, of its guard, or of both; now and then SIGTERM",
            number=times(20, 500),
            pause=0.4,
        )


def test_a_command_that_always_kills_its_worker_ends_dead(tmp_path: Path) -> None:
    with running_processes(tmp_path, workers=2) as fleet:
        system = fleet.system
        system.enqueue(**job("killer", Kind.KILLER, fleet.run_log))
        killer = system.in_state("killer", "dead")
        assert [attempt["state"] for attempt in killer["history"]] == ["lost", "lost"]
        assert "was lost" in killer["error"]
        eventually(lambda: system.get("/api/status")["workers"] == 2)
        system.enqueue(**job("other", Kind.QUICK, fleet.run_log))
        system.in_state("other", "completed")
