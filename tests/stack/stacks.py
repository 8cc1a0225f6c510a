"""The whole system, as containers or as local processes."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

from testcontainers.compose import DockerCompose

from tests.running import BIN, ROOT, clean_environment, eventually, free_port, is_ready, processes
from tests.signed_in import TOKEN
from tests.system import System

WORKERS = 4


class Stack(ABC):
    """A system that can be started and stopped. `system`: its interface for users."""

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
    def restart_api(self) -> None:
        """Restart only the API."""

    @abstractmethod
    def touch(self, path: str) -> None:
        """Create a file in /tmp that commands can see."""

    @abstractmethod
    def printed_on_disk(self, text: str) -> bool:
        """Whether a file in the log directory contains the text."""

    @abstractmethod
    def remove(self) -> None:
        """Stop it and remove everything."""

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
        self._touched: list[Path] = []
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

    def restart_api(self) -> None:
        """Kill the API, which `queuectl up` then restarts."""
        for process in processes(self._data_dir):
            with suppress(OSError):  # it has ended
                if b"queuectl-api" in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        self.await_ready()

    def touch(self, path: str) -> None:
        """Create a file in /tmp that commands can see."""
        Path(path).touch()
        self._touched.append(Path(path))

    def printed_on_disk(self, text: str) -> bool:
        """Whether the log directory holds that text."""
        return any(text in path.read_text(errors="replace") for path in (self._data_dir / "logs").rglob("*.log"))

    def remove(self) -> None:
        """Leave nothing behind."""
        self.stop()
        for path in self._touched:
            path.unlink()

    def _queuectl(self, *words: str) -> None:
        done = subprocess.run([BIN / "queuectl", *words], env=self._environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class Containers(Stack):
    """`docker compose up --build`, with its own project name and ports. `files`: of compose; `settings`: further."""

    def __init__(self, directory: Path, *files: str, **settings: object) -> None:
        super().__init__()
        files = files or ("docker-compose.yml",)
        settings = {f"QUEUECTL_{name.upper()}": value for name, value in settings.items()} | {
            "COMPOSE_PROJECT_NAME": f"queuectl-test-{os.getpid()}-{len(files)}",
            "COMPOSE_FILE": ":".join(files),
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

    def restart_api(self) -> None:
        """Restart only the API."""
        self.compose("restart", "api")
        self.await_ready()

    def touch(self, path: str) -> None:
        """Create a file in /tmp that commands can see."""
        for container in self.containers("worker"):
            docker("exec", container, "touch", path)

    def printed_on_disk(self, text: str) -> bool:
        """Whether the log directory holds that text."""
        return bool(self.compose("exec", "-T", "api", "sh", "-c", f"grep -rl '{text}' /data/logs || true"))

    def remove(self) -> None:
        """Leave nothing behind."""
        self.compose("--profile", "cli", "down", "--volumes", "--remove-orphans")

    def compose(self, *words: str, given: str = "") -> str:
        """Run a `docker compose` command; returns its output."""
        command = [*self._compose.docker_compose_command(), *words]
        done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers."""
        return self.compose("ps", "--quiet", service).split()

    def addresses(self, service: str) -> list[str]:
        """The addresses of a service's containers on their networks."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return [
            word for container in self.containers(service) for word in docker("inspect", "-f", form, container).split()
        ]


def docker(*words: str) -> str:
    """Run a `docker` command; returns its output."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout


def engine_answers() -> bool:
    """Whether a container engine with compose is available."""
    commands = (["docker", "info"], ["docker", "compose", "version"])
    try:
        return all(subprocess.run(command, capture_output=True).returncode == 0 for command in commands)
    except FileNotFoundError:
        return False
