"""The whole system in its two forms: containers, and processes on this machine."""

import os
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from testcontainers.compose import DockerCompose

from tests.running import BIN, ROOT, clean_environment, eventually, free_port, is_ready
from tests.signed_in import TOKEN
from tests.system import System

WORKERS = 4


class Stack(ABC):
    """A system that can be started and stopped; `system` is the way in."""

    def __init__(self) -> None:
        self.api_port, self.page_port = free_port(), free_port()
        self.system = System(f"http://127.0.0.1:{self.api_port}")
        self.page = f"http://127.0.0.1:{self.page_port}"

    @abstractmethod
    def start(self) -> None:
        """Bring it up."""

    @abstractmethod
    def stop(self) -> None:
        """Bring it down; the data stays."""

    @abstractmethod
    def restart(self) -> None:
        """Restart all services at once."""

    @abstractmethod
    def printed_on_disk(self, text: str) -> bool:
        """Whether the log directory holds that text."""

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing behind."""

    def await_ready(self) -> None:
        """Wait for the page, the API and all workers."""
        eventually(lambda: is_ready(self.system.url) and is_ready(self.page))
        eventually(lambda: self.system.get("/api/status")["workers"] >= WORKERS)


class Processes(Stack):
    """`queuectl up`."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__()
        self.system = System(self.system.url, data_dir)
        self._data_dir = data_dir
        self._environment = clean_environment(
            data_dir=data_dir,
            bind=f"127.0.0.1:{self.api_port},127.0.0.1:{self.page_port}",
            concurrency=4,
            drain_grace=2,
        )

    def start(self) -> None:
        """Bring it up."""
        page = ROOT / "frontend" / "dist"
        self._queuectl("up", "--detach", "--workers", str(WORKERS), "--dashboard", str(page))
        self.await_ready()

    def stop(self) -> None:
        """Bring it down; the data stays."""
        self._queuectl("down")

    def restart(self) -> None:
        """Restart all services."""
        self.stop()
        self.start()

    def printed_on_disk(self, text: str) -> bool:
        """Whether the log directory holds that text."""
        return any(text in path.read_text(errors="replace") for path in (self._data_dir / "logs").rglob("*.log"))

    def remove(self) -> None:
        """Leave nothing behind."""
        self.stop()

    def _queuectl(self, *words: str) -> None:
        done = subprocess.run([BIN / "queuectl", *words], env=self._environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class Containers(Stack):
    """`docker compose up --build`, under a project name and on ports of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        settings = {
            "COMPOSE_PROJECT_NAME": f"queuectl-test-{os.getpid()}",
            "QUEUECTL_API_PORT": self.api_port,
            "QUEUECTL_PORT": self.page_port,
            "QUEUECTL_DRAIN_GRACE": 2,
            "QUEUECTL_TOKEN": TOKEN,
            "QUEUECTL_WORKER_PIDS": 256,
            "QUEUECTL_WORKER_MEMORY": "512m",
            "QUEUECTL_WORKER_TMP": "128m",
            "WORKERS": WORKERS,
        }
        env_file = directory / "compose.env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._compose = DockerCompose(ROOT, build=True, wait=False, env_file=str(env_file))

    def start(self) -> None:
        """Bring it up."""
        self._compose.start()
        self.await_ready()

    def stop(self) -> None:
        """Bring it down; the data stays."""
        self.compose("down")

    def restart(self) -> None:
        """Restart all services at once."""
        self.compose("restart")
        self.await_ready()

    def printed_on_disk(self, text: str) -> bool:
        """Whether the log directory holds that text."""
        return bool(self.compose("exec", "-T", "api", "sh", "-c", f"grep -rl '{text}' /data/logs || true"))

    def remove(self) -> None:
        """Leave nothing behind."""
        self.compose("--profile", "cli", "down", "--volumes", "--remove-orphans")

    def compose(self, *words: str, given: str = "") -> str:
        """Run a `docker compose` command; what it prints."""
        command = [*self._compose.docker_compose_command(), *words]
        done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def containers(self, service: str) -> list[str]:
        """Ids of those that a service has."""
        return self.compose("ps", "--quiet", service).split()

    def addresses(self, service: str) -> list[str]:
        """Where its containers are reached by others on their network."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return [
            word for container in self.containers(service) for word in docker("inspect", "-f", form, container).split()
        ]


def docker(*words: str) -> str:
    """Run a `docker` command; what it prints."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout


def engine_answers() -> bool:
    """Whether there is a container engine with compose."""
    commands = (["docker", "info"], ["docker", "compose", "version"])
    try:
        return all(subprocess.run(command, capture_output=True).returncode == 0 for command in commands)
    except FileNotFoundError:
        return False
