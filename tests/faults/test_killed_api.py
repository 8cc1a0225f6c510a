"""Processes of the API that are killed while requests come in."""

import random
import signal
from pathlib import Path

from tests.faults.crew import Crew, running_crew
from tests.faults.form import times
from tests.faults.processes import children, send
from tests.faults.storm import storm
from tests.running import eventually, is_ready


def kill_one(crew: Crew) -> None:
    if answering := children(crew.api.process.pid):
        send(signal.SIGKILL, [random.choice(answering)])


def kill_all(crew: Crew) -> None:
    send(signal.SIGKILL, children(crew.api.process.pid))


def kill_master(crew: Crew) -> None:
    send(signal.SIGKILL, [crew.api.process.pid])


def test_what_was_acknowledged_is_there_when_the_api_is_killed(tmp_path: Path) -> None:
    faults = [kill_one, kill_one, kill_one, kill_all, kill_master]
    with running_crew(tmp_path, workers=2) as crew:

        def kill() -> None:
            random.choice(faults)(crew)
            eventually(lambda: is_ready(crew.system.url))

        storm(
            crew,
            kill,
            name="API killed",
            cause="SIGKILL of a process that answers, of all of them, or of their master",
            number=times(15, 150),
            pause=0.6,
        )
