"""`queuectl up`: run the whole system on this machine as processes."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from queuectl_cli import credentials, local_system, private_file, signals
from queuectl_cli.announcement import announce
from queuectl_cli.client import Client
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.log_lines import log
from queuectl_cli.output import note

READY_SECONDS = 60
"""Start-up limit of the API, and again of the workers. Only a hang or a very busy machine takes that long."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
PR_SET_PDEATHSIG = 1


@dataclass
class Service:
    """A process that is restarted if it fails, after a pause that grows while it keeps failing early.

    It is not restarted after a clean exit, and ends if the supervisor is killed.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = SHORTEST_PAUSE
    started_at: float = 0.0
    restart_at: float | None = None

    def start(self) -> None:
        """Start the process, with its output in its log file."""
        with local_system.log_file(self.name).open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=_end_with_parent,
            )
        self.started_at = time.monotonic()

    def look_after(self) -> None:
        """Restart the process if it has failed."""
        if self.restart_at is not None and time.monotonic() >= self.restart_at:
            self.restart_at = None
            self.start()
        elif self.process is not None and self.process.poll() is not None:
            status, self.process = self.process.returncode, None
            if status == 0:
                log("info", f"{self.name} has stopped")
                return
            if time.monotonic() - self.started_at > LONGEST_PAUSE:
                self.pause = SHORTEST_PAUSE
            restart = f"restarting in {self.pause:g} s: see {local_system.log_file(self.name)}"
            log("error", f"{self.name} failed (status {status}); {restart}")
            self.restart_at = time.monotonic() + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask the process to stop."""
        if self.process is not None:
            self.process.terminate()

    def join(self) -> None:
        """Wait until the process has ended."""
        if self.process is not None:
            self.process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def up(
    workers: Annotated[int, typer.Option(min=0, max=100, help="Number of worker processes.")] = 1,
    detach: Annotated[
        bool,
        typer.Option("--detach", "-d", help="Run in the background and return when ready; stop with 'queuectl down'."),
    ] = False,
    dashboard: Annotated[
        Path | None, typer.Option(help="Directory of the built dashboard, to serve on port 8080.")
    ] = None,
    announced: Annotated[bool, typer.Option("--announced", hidden=True)] = False,
) -> None:
    """Run the whole system on this machine: database, API and workers.

    Ctrl-C stops it: workers finish their running jobs first, within the grace period.
    """
    running = local_system.running_up()
    if running:
        raise Failure(f"already running (process {running}): stop it with 'queuectl down'")
    if dashboard is not None and not (dashboard / "index.html").is_file():
        raise Failure(f"--dashboard {dashboard}: no index.html there: build it with 'npm run build'")
    _make_data_dir()
    environment = _environment(dashboard)
    bound = [address.strip() for address in environment["QUEUECTL_BIND"].split(",")]
    _check_free(bound)
    _migrate(environment)
    api, *others = [f"http://{address.replace('0.0.0.0:', '127.0.0.1:')}" for address in bound]
    page = _dashboard_url((others or [api])[0], environment) if environment.get("QUEUECTL_DASHBOARD_DIR") else None
    if detach:
        _detach(workers, dashboard, api)
        announce(api, page, with_link=True)
    else:
        on_ready = partial(announce, api, page, with_link=sys.stdout.isatty())
        _supervise(workers, environment, api, (lambda: None) if announced else on_ready)


def _dashboard_url(url: str, environment: dict[str, str]) -> str:
    """The dashboard's URL, also passed to the API, as sign-in links lead there.

    With localhost, the name that people use: a session started at 127.0.0.1 is not valid at localhost.
    """
    return environment.setdefault("QUEUECTL_DASHBOARD_URL", url.replace("//127.0.0.1:", "//localhost:"))


def _make_data_dir() -> None:
    directory = local_system.ensure_data_dir()
    if directory.stat().st_mode & 0o077:
        note(f"other users of this machine can read {directory}: chmod 700 {directory}")


def _environment(dashboard: Path | None) -> dict[str, str]:
    bind = os.environ.get("QUEUECTL_BIND") or "127.0.0.1:8000" + (",127.0.0.1:8080" if dashboard else "")
    page = {"QUEUECTL_DASHBOARD_DIR": str(dashboard.absolute())} if dashboard else {}
    return os.environ | page | {"QUEUECTL_BIND": bind, "QUEUECTL_DATA_DIR": str(local_system.data_dir())}


def _check_free(addresses: list[str]) -> None:
    for address in addresses:
        host, _, port = address.strip().rpartition(":")
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        try:
            socket.create_server((host.strip("[]"), int(port)), family=family).close()
        except (OSError, ValueError, OverflowError) as fault:
            number = getattr(fault, "errno", None)
            reason = os.strerror(number) if number else str(fault)
            raise Failure(f"cannot listen on {address} ({reason}): set QUEUECTL_BIND to another address") from fault


def _migrate(environment: dict[str, str]) -> None:
    """Create or upgrade the database. Reports only steps that take long. Raises Failure."""
    text_logs = environment | {"QUEUECTL_LOG_FORMAT": "text"}  # parsed below
    line = ""
    with subprocess.Popen(
        [local_system.program("queuectl-migrate")], env=text_logs, stderr=subprocess.PIPE, text=True
    ) as running:
        for line in running.stderr or ():
            message = line.partition("]: ")[2].strip()
            if message and not message.startswith("database "):
                note(message)
    if running.returncode:
        raise Failure(line.strip().removeprefix("queuectl-migrate: "))


def _supervise(workers: int, environment: dict[str, str], url: str, on_ready: Callable[[], None]) -> None:
    api = Service("api", [local_system.program("queuectl-api")], environment)
    worker_services = [
        Service(f"worker-{n}", [local_system.program("queuectl-worker")], local_system.without_tokens(environment))
        for n in range(1, workers + 1)
    ]
    with _announced_in_files(url), _stop_signals() as received:
        api.start()
        _await_ready(api, url)
        for service in worker_services:
            service.start()
        on_ready()
        log("info", "Press Ctrl-C to stop.")
        while not received:
            for service in (api, *worker_services):
                service.look_after()
            time.sleep(0.1)
        log("info", "Stopping: waiting for running commands to finish.")
        for service in worker_services:
            service.stop()
        for service in worker_services:
            service.join()
        api.stop()
        api.join()


@contextlib.contextmanager
def _announced_in_files(url: str) -> Iterator[None]:
    """Let `down` find this process, and other commands the API."""
    private_file.write(local_system.url_file(), url)
    private_file.write(local_system.pid_file(), str(os.getpid()))
    try:
        yield
    finally:
        local_system.pid_file().unlink(missing_ok=True)
        local_system.url_file().unlink(missing_ok=True)


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that is empty until a signal asks to stop."""
    received: list[int] = []
    signals.handle(lambda number, _: received.append(number), signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    yield received


def _await_ready(api: Service, url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(url):
        ended = api.process is not None and api.process.poll() is not None
        if ended or time.monotonic() > deadline:
            api.stop()
            raise Failure(f"the API did not start ({_last_message('api')}): see {local_system.log_file('api')}")
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        Client(credentials.Credentials(url)).get("/readyz")
    except Failure:
        return False
    return True


def _detach(workers: int, dashboard: Path | None, url: str) -> None:
    words = [sys.executable, "-P", "-m", "queuectl_cli.main", "up", "--announced", "--workers", str(workers)]
    words += ["--dashboard", str(dashboard)] if dashboard else []
    with local_system.log_file("up").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + 2 * READY_SECONDS
    while not (_is_ready(url) and _has_workers(url, workers)):
        if process.poll() is not None:
            raise Failure(_last_message("up") or f"it exited with status {process.returncode}")
        if time.monotonic() > deadline:
            process.terminate()
            raise Failure(f"not ready after {2 * READY_SECONDS} s and stopped: see {local_system.log_file('up')}")
        time.sleep(0.05)


def _has_workers(url: str, workers: int) -> bool:
    """Whether all workers are registered. Assumed if this process may not ask."""
    try:
        return len(Client(credentials.for_up(url)).get("/api/workers")["items"]) >= workers
    except Failure as failure:
        if failure.status != NOT_ALLOWED:
            raise
        return True


def _last_message(service: str) -> str:
    lines = local_system.log_file(service).read_text(errors="replace").split("\n")
    last = next((line.removeprefix("queuectl: ") for line in reversed(lines) if line.strip()), "")
    try:
        return str(json.loads(last)["message"])  # QUEUECTL_LOG_FORMAT=json
    except (ValueError, KeyError, TypeError):
        return last
