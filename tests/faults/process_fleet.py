"""A whole system as processes, each started again as soon as it ends: what is killed here comes back."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.leftovers import remaining, unneeded_files
from tests.faults.processes import is_command, living_in, send, words
from tests.faults.set_clock import API as API_OF_SET_CLOCK
from tests.faults.set_clock import SetClock
from tests.running import BIN, clean_environment, eventually, free_port, is_ready, migrate
from tests.system import System

SETTINGS = {
    "api_processes": 2,
    "concurrency": 4,
    "heartbeat": 0.3,
    "heartbeat_timeout": 2,
    "kill_grace": 0.3,
    "drain_grace": 1,
}
STOP_SECONDS = 60


@dataclass
class Service:
    """A program that is started again when it has ended, until it is stopped."""

    program: str
    environment: dict[str, str]
    directory: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it; its output goes to a log beside the directory."""
        with (self.directory.parent / f"{self.program}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / self.program],
                env=self.environment,
                cwd=self.directory,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def look_after(self) -> None:
        """Start it again if it has ended."""
        if self.process.poll() is not None:
            self.start()

    def stop(self) -> list[str]:
        """Ask it to end, and wait; what there is to complain of."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return [f"{self.program} did not stop"]
        return []


class ProcessFleet:
    """An API and workers; all of them, and what they start, are known by their working directory."""

    def __init__(self, directory: Path, workers: int, clock: SetClock | None) -> None:
        self._data_dir = directory / "data"
        self.run_log = str(directory / "run_log")
        port = free_port()
        environment = clean_environment(data_dir=self._data_dir, bind=f"127.0.0.1:{port}", **SETTINGS)
        if clock:
            environment |= clock.environment | {"UVICORN_PORT": str(port)}
        self.system = System(f"http://127.0.0.1:{port}", self._data_dir)
        self.api = Service(API_OF_SET_CLOCK if clock else "queuectl-api", environment, self._data_dir)
        self.workers = [Service("queuectl-worker", environment, self._data_dir) for _ in range(workers)]
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise)

    def start(self) -> None:
        """Start it on a new database, and wait until it is ready."""
        self._data_dir.mkdir(exist_ok=True)
        Path(self.run_log, "locks").mkdir(parents=True)
        migrate(self._data_dir)
        for service in (self.api, *self.workers):
            service.start()
        self._supervisor.start()
        eventually(lambda: is_ready(self.system.url))
        eventually(lambda: self.system.get("/api/status")["workers"] == len(self.workers))

    def written(self) -> str:
        """What commands have written to the run log."""
        return Path(self.run_log, "run_log").read_text()

    def idle(self) -> list[str]:
        """What is left of commands and dead workers once the queue is empty, in words."""
        return remaining(lambda: self._commands() + self._dead_workers())

    def stop(self) -> list[str]:
        """End all of it; what is left then, in words."""
        self._stop_supervising()
        complaints = [complaint for service in (*self.workers, self.api) for complaint in service.stop()]
        return complaints + remaining(self._survivors) + unneeded_files(self._data_dir)

    def kill(self) -> None:
        """End whatever is left of it."""
        self._stop_supervising()
        send(signal.SIGKILL, living_in(self._data_dir))

    def _stop_supervising(self) -> None:
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join()

    def _supervise(self) -> None:
        while not self._stopping.wait(0.02):
            for service in (self.api, *self.workers):
                service.look_after()

    def _commands(self) -> list[str]:
        return [f"process {pid} of a command: {words(pid)}" for pid in living_in(self._data_dir) if is_command(pid)]

    def _dead_workers(self) -> list[str]:
        alive = {service.process.pid for service in self.workers}
        registered = self.system.get("/api/workers")["items"]
        return [f"worker {each['id']} is registered and dead" for each in registered if each["pid"] not in alive]

    def _survivors(self) -> list[str]:
        """Commands were seen already."""
        survivors = [pid for pid in living_in(self._data_dir) if not is_command(pid)]
        return [f"process {pid} outlived the system: {words(pid)}" for pid in survivors]


@contextmanager
def running_processes(directory: Path, workers: int, clock: SetClock | None = None) -> Iterator[ProcessFleet]:
    """A running fleet, on a wall clock of its own if one is given; nothing is left of it afterwards.

    Its data are in the directory `data`, which may exist already; its logs and the run log are beside it.
    """
    fleet = ProcessFleet(directory, workers, clock)
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.kill()
