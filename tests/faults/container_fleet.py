"""The whole system in containers, without its page, under a project name of its own."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.faults.leftovers import remaining, unneeded_files
from tests.running import ROOT, clean_environment, eventually, free_port, is_ready
from tests.system import System

OVERRIDE: dict[str, Any] = {
    "services": {
        "worker": {
            "environment": {
                "QUEUECTL_HEARTBEAT": "0.3",
                "QUEUECTL_HEARTBEAT_TIMEOUT": "8",
                "QUEUECTL_KILL_GRACE": "0.3",
                "QUEUECTL_DRAIN_GRACE": "0.5",
            },
            "volumes": ["run_log:/run_log"],
        }
    },
    "volumes": {"run_log": {}},
}
MAKE_RUN_LOG = "mkdir -p /run_log/locks && chmod 777 /run_log /run_log/locks"
FIND_COMMANDS = "find /proc -maxdepth 1 -name '[0-9]*' -uid +19999"


Fleet = TypeVar("Fleet", bound="ContainerFleet")


class ContainerFleet:
    """Containers of the API and of workers. `files`: of compose; `images`: to build; `override`: what tests change."""

    run_log = "/run_log"
    files: tuple[str, ...] = ("docker-compose.yml",)
    images: tuple[str, ...] = ("api", "worker")
    override: dict[str, Any] = OVERRIDE

    def __init__(self, directory: Path, workers: int) -> None:
        port = free_port()
        self.system = System(f"http://127.0.0.1:{port}")
        self._size = workers
        self._data, self._run_log = directory / "data", directory / "run_log"
        override = directory / "override.json"
        override.write_text(json.dumps(self.override))
        paths = [*(ROOT / file for file in self.files), override]
        files = [word for path in paths for word in ("--file", str(path))]
        self._compose = ["docker", "compose", "--project-name", f"queuectl-storm-{os.getpid()}", *files]
        self._environment = clean_environment(api_port=port)

    def start(self) -> None:
        """Build the images, start containers, and wait until they are ready."""
        self.compose("build", *self.images)
        self.scale(self._size)
        self.compose("exec", "-T", "worker", "sh", "-c", MAKE_RUN_LOG)

    def remove(self) -> None:
        """Leave nothing of it."""
        self.compose("down", "--volumes", "--timeout", "5")

    def scale(self, workers: int) -> None:
        """Run this many workers, and wait for them."""
        self.compose("up", "--detach", "--no-recreate", "--scale", f"worker={workers}", "api", "worker")
        eventually(lambda: is_ready(self.system.url))
        eventually(lambda: self.system.get("/api/status")["workers"] >= workers)

    def containers(self, service: str) -> list[str]:
        """Ids of those that a service has, running or not."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def compose(self, *words: str) -> str:
        """Run a `docker compose` command; what it prints."""
        return _printed([*self._compose, *words], self._environment)

    def written(self) -> str:
        """What commands have written to the run log, once it is stopped."""
        return (self._run_log / "run_log").read_text()

    def idle(self) -> list[str]:
        """What is left of commands and dead workers once the queue is empty, in words."""
        return remaining(lambda: self._commands() + self._dead_workers())

    def stop(self) -> list[str]:
        """End all of it; what is left on the volume then, in words."""
        self.compose("stop")
        [api] = self.containers("api")
        docker("cp", f"{api}:/data", str(self._data))
        self.copy_run_log()
        return unneeded_files(self._data)

    def copy_run_log(self) -> None:
        """Take it from the workers' volume."""
        docker("cp", f"{self.containers('worker')[0]}:/run_log", str(self._run_log))

    def _commands(self) -> list[str]:
        return [
            f"{process} of a command in container {container}"
            for container in self.containers("worker")
            for process in docker("exec", container, "sh", "-c", FIND_COMMANDS).split()
        ]

    def _dead_workers(self) -> list[str]:
        hosts = Counter(worker["host"] for worker in self.system.get("/api/workers")["items"])
        hosts.subtract(container[:12] for container in self.containers("worker"))
        return [f"a worker on {host} is registered and dead" for host in hosts.elements()]


@contextmanager
def running_containers(fleet: Fleet) -> Iterator[Fleet]:
    """Start a fleet; nothing is left of it afterwards."""
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.remove()


def docker(*words: str) -> str:
    """Run a `docker` command; what it prints."""
    return _printed(["docker", *words], os.environ)


def _printed(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
