"""A whole system on PostgreSQL as processes, as if each ran on a host of its own: no two share a data directory.

Each is started again as soon as it ends, as a supervisor would.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from psycopg.conninfo import conninfo_to_dict

from tests.faults.leftovers import remaining
from tests.faults.process_fleet import Service
from tests.faults.processes import children, is_command, living_in, send, words
from tests.faults.set_clock import API as API_OF_SET_CLOCK
from tests.faults.set_clock import SetClock
from tests.postgres.leftovers import left_in_database, sweep
from tests.running import clean_environment, eventually, free_port, is_ready
from tests.system import System

SETTINGS = {"api_processes": 1, "concurrency": 4, "kill_grace": 0.3, "drain_grace": 1}


class Host:
    """A program with a data directory of its own. What it starts is known by its working directory, which is that."""

    def __init__(self, directory: Path, name: str, clock: SetClock | None, **settings: object) -> None:
        self.data_dir = directory / "data"
        self.log = directory / f"{name}.log"
        self.data_dir.mkdir(parents=True)
        environment = clean_environment(data_dir=self.data_dir, **settings)
        if clock:
            environment |= clock.environment | {"UVICORN_PORT": str(settings.get("bind")).rpartition(":")[2]}
        self.service = Service(name, environment, self.data_dir)

    @property
    def pid(self) -> int:
        """Of the worker's guard, or of the API's master."""
        return self.service.process.pid

    @property
    def worker_pid(self) -> int:
        """The child of the guard."""
        [worker] = children(self.pid)
        return worker

    def commands(self) -> list[int]:
        """The processes of its commands."""
        return [pid for pid in living_in(self.data_dir) if is_command(pid)]

    def vanish(self) -> None:
        """Everything dies at the same moment."""
        found = living_in(self.data_dir)
        send(signal.SIGSTOP, found)  # so that no guard sees its worker die
        send(signal.SIGKILL, found)


class HostFleet:
    """Two APIs, the second of which is `other`, and some `workers`, on the database at `url`. See Fleet.

    `last`: another URL of the same database, for the other API and the last worker. `clocks`: of APIs and of workers.
    """

    def __init__(
        self,
        directory: Path,
        url: str,
        workers: int = 2,
        last: str = "",
        clocks: tuple[SetClock, SetClock] | None = None,
        **settings: object,
    ) -> None:
        self._directory = directory
        self.url = url
        self.run_log = str(directory / "run_log")
        of_all = SETTINGS | settings
        urls = [url] * (workers - 1) + [last or url]
        ports = [free_port(), free_port()]
        api, (of_apis, of_workers) = API_OF_SET_CLOCK if clocks else "queuectl-api", clocks or (None, None)
        self.apis = [
            Host(directory / f"api-{port}", api, of_apis, bind=f"127.0.0.1:{port}", database_url=each, **of_all)
            for port, each in zip(ports, [url, last or url], strict=True)
        ]
        self.system, self.other = (System(f"http://127.0.0.1:{port}") for port in ports)
        self.workers = [
            Host(directory / f"worker-{number}", "queuectl-worker", of_workers, database_url=each, **of_all)
            for number, each in enumerate(urls)
        ]
        self.gone: list[Host] = []
        """Hosts that are not started again."""
        self.swept = False
        """Whether logs of deleted jobs may be left to the API's sweep, as by hosts or a database that die meanwhile."""
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        Path(self.run_log, "locks").mkdir(parents=True)
        Path(self.run_log, "run_log").touch()
        for host in self._hosts:
            host.service.start()
        self._supervisor.start()
        eventually(lambda: is_ready(self.system.url) and is_ready(self.other.url))
        self.complete()

    def complete(self) -> None:
        """Wait until all workers are registered, and no others."""
        eventually(lambda: self.names().keys() == {host.pid for host in self.workers if host not in self.gone})

    def names(self) -> dict[int, str]:
        """The registered workers by the pid of their guard; those of dead ones that are not reaped yet as well."""
        return {item["pid"]: item["id"] for item in self.system.get("/api/workers")["items"]}

    def host_of(self, worker: str) -> Host:
        """Where that worker runs."""
        pids = {name: pid for pid, name in self.names().items()}
        return next(host for host in self.workers if host.pid == pids[worker])

    def written(self) -> str:
        """See Fleet."""
        return Path(self.run_log, "run_log").read_text()

    def idle(self) -> list[str]:
        """See Fleet."""
        return remaining(lambda: self._commands() + self._dead_workers())

    def stop(self) -> list[str]:
        """See Fleet."""
        self._stop_supervising()
        complaints = [complaint for host in reversed(self._hosts) for complaint in host.service.stop()]
        complaints += remaining(self._survivors)
        if self.swept:
            sweep(self.url)
        return complaints + left_in_database(self.url) + self.told_secrets()

    def kill(self) -> None:
        """End whatever is left of it."""
        self._stop_supervising()
        for host in self._hosts:
            send(signal.SIGKILL, living_in(host.data_dir))

    def told_secrets(self) -> list[str]:
        """The logs that contain the password of the database, in any form."""
        password = str(conninfo_to_dict(self.url)["password"])
        forms = {password, password.split()[-1], self.url, self.url.split("@")[0], unquote(self.url)}
        return [
            f"{log} contains the password"
            for log in self._directory.rglob("*.log")
            if any(form in log.read_text(errors="replace") for form in forms)
        ]

    @property
    def _hosts(self) -> list[Host]:
        return [*self.apis, *self.workers]

    def _stop_supervising(self) -> None:
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join()

    def _supervise(self) -> None:
        while not self._stopping.wait(0.05):
            for host in self._hosts:
                if host not in self.gone:
                    host.service.look_after()

    def _commands(self) -> list[str]:
        return [f"process {pid} of a command: {words(pid)}" for host in self.workers for pid in host.commands()]

    def _dead_workers(self) -> list[str]:
        alive = {host.pid for host in self.workers}
        return [f"worker {name} is registered and dead" for pid, name in self.names().items() if pid not in alive]

    def _survivors(self) -> list[str]:
        found = [pid for host in self._hosts for pid in living_in(host.data_dir)]
        return [f"process {pid} outlived the system: {words(pid)}" for pid in found]


@contextmanager
def running_hosts(
    directory: Path,
    url: str,
    workers: int = 2,
    last: str = "",
    clocks: tuple[SetClock, SetClock] | None = None,
    **settings: object,
) -> Iterator[HostFleet]:
    """A running fleet; nothing is left of it afterwards. If nothing else has failed, it is stopped and checked."""
    fleet = HostFleet(directory, url, workers, last, clocks, **settings)
    try:
        fleet.start()
        yield fleet
        complaints = fleet.stop()
        assert not complaints, complaints
    finally:
        fleet.kill()
