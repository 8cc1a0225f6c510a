"""`queuectl up`: the whole system on this machine, as processes."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from queuectl_cli import credentials, local, private_file, signals
from queuectl_cli.announcement import announce
from queuectl_cli.client import Client
from queuectl_cli.failure import NOT_ALLOWED, Failure
from queuectl_cli.output import note

READY_SECONDS = 60
"""For the API, and once more for the workers: only what hangs takes so long, or a machine that is very busy."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
PR_SET_PDEATHSIG = 1


@dataclass
class Service:
    """A process that is started again when it fails, after a pause that grows while it fails soon.

    One that was told to end has ended; all end where the supervisor is killed.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = SHORTEST_PAUSE
    started_at: float = 0.0
    again_at: float | None = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with local.log_file(self.name).open("ab") as log:
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
        """Start it again where it has failed."""
        if self.again_at is not None and time.monotonic() >= self.again_at:
            self.again_at = None
            self.start()
        elif self.process is not None and self.process.poll() is not None:
            status, self.process = self.process.returncode, None
            if status == 0:
                note(f"{self.name} has stopped")
                return
            if time.monotonic() - self.started_at > LONGEST_PAUSE:
                self.pause = SHORTEST_PAUSE
            note(f"{self.name} failed (status {status}); again in {self.pause:g} s: see {local.log_file(self.name)}")
            self.again_at = time.monotonic() + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None:
            self.process.terminate()

    def join(self) -> None:
        """Wait until it has ended."""
        if self.process is not None:
            self.process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def up(
    workers: Annotated[int, typer.Option(min=0, max=100, help="So many worker processes.")] = 1,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it is ready; 'queuectl down' ends it.")
    ] = False,
    dashboard: Annotated[Path | None, typer.Option(help="The built page; it is served on port 8080.")] = None,
) -> None:
    """Run the whole system on this machine: the database, the API and workers. Ctrl-C ends it, after a drain."""
    running = local.running_up()
    if running:
        raise Failure(f"it runs already (process {running}): 'queuectl down' ends it")
    if dashboard is not None and not (dashboard / "index.html").is_file():
        raise Failure(f"--dashboard {dashboard}: there is no index.html: build it with 'npm run build'")
    _make_data_dir()
    environment = _environment(dashboard)
    bound = [address.strip() for address in environment["QUEUECTL_BIND"].split(",")]
    _check_free(bound)
    _migrate(environment)
    api, *others = [f"http://{address.replace('0.0.0.0:', '127.0.0.1:')}" for address in bound]
    page = _page((others or [api])[0], environment) if environment.get("QUEUECTL_DASHBOARD_DIR") else None
    if detach:
        _detach(workers, dashboard, api)
        announce(api, page, to_a_person=True)
    else:
        _supervise(workers, environment, api, lambda: announce(api, page, to_a_person=sys.stdout.isatty()))


def _page(url: str, environment: dict[str, str]) -> str:
    """Where the page is, told to the API as well, as sign-in links lead there.

    By the name that people use: a session that was begun at 127.0.0.1 is not one at localhost.
    """
    named = url.replace("//127.0.0.1:", "//localhost:")
    return environment.setdefault("QUEUECTL_DASHBOARD_URL", named)


def _make_data_dir() -> None:
    directory = local.made_data_dir()
    if directory.stat().st_mode & 0o077:
        note(f"other users of this machine may look into {directory}: chmod 700 {directory}")


def _environment(dashboard: Path | None) -> dict[str, str]:
    bind = os.environ.get("QUEUECTL_BIND") or "127.0.0.1:8000" + (",127.0.0.1:8080" if dashboard else "")
    shown = {"QUEUECTL_DASHBOARD_DIR": str(dashboard.absolute())} if dashboard else {}
    return os.environ | shown | {"QUEUECTL_BIND": bind, "QUEUECTL_DATA_DIR": str(local.data_dir())}


def _check_free(addresses: list[str]) -> None:
    for address in addresses:
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, int(port)))
        except (OSError, ValueError, OverflowError) as fault:
            reason = getattr(fault, "strerror", None) or str(fault)
            raise Failure(
                f"{address} cannot be listened on ({reason}): set QUEUECTL_BIND to another address"
            ) from fault


def _migrate(environment: dict[str, str]) -> None:
    done = subprocess.run([local.program("queuectl-migrate")], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Failure(done.stderr.strip().removeprefix("queuectl-migrate: "))


def _supervise(workers: int, environment: dict[str, str], url: str, told: Callable[[], None]) -> None:
    api = Service("api", [local.program("queuectl-api")], environment)
    crew = [
        Service(f"worker-{n}", [local.program("queuectl-worker")], local.without_tokens(environment))
        for n in range(1, workers + 1)
    ]
    with _found_by_others(url), _stopping() as stop:
        api.start()
        _await_ready(api, url)
        for service in crew:
            service.start()
        told()
        note("Ctrl-C stops it.")
        while not stop:
            for service in (api, *crew):
                service.look_after()
            time.sleep(0.1)
        note("Stopping: commands that run are given time to finish.")
        for service in crew:
            service.stop()
        for service in crew:
            service.join()
        api.stop()
        api.join()


@contextlib.contextmanager
def _found_by_others(url: str) -> Iterator[None]:
    """`down` finds this process, and other commands the API."""
    private_file.write(local.url_file(), url)
    private_file.write(local.pid_file(), str(os.getpid()))
    try:
        yield
    finally:
        local.pid_file().unlink(missing_ok=True)
        local.url_file().unlink(missing_ok=True)


@contextlib.contextmanager
def _stopping() -> Iterator[list[int]]:
    """A list that is empty until somebody wants an end."""
    asked: list[int] = []
    signals.handle(lambda number, _: asked.append(number), signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    yield asked


def _await_ready(api: Service, url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(url):
        ended = api.process is not None and api.process.poll() is not None
        if ended or time.monotonic() > deadline:
            api.stop()
            raise Failure(f"the API did not start ({_last_said('api')}): see {local.log_file('api')}")
        time.sleep(0.05)


def _is_ready(url: str) -> bool:
    try:
        Client(credentials.Credentials(url)).get("/readyz")
    except Failure:
        return False
    return True


def _detach(workers: int, dashboard: Path | None, url: str) -> None:
    words = [sys.executable, "-P", "-m", "queuectl_cli.main", "up", "--workers", str(workers)]
    words += ["--dashboard", str(dashboard)] if dashboard else []
    with local.log_file("up").open("wb") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + 2 * READY_SECONDS
    while not (_is_ready(url) and _is_staffed(url, workers)):
        if process.poll() is not None:
            raise Failure(_last_said("up") or f"it ended with status {process.returncode}")
        if time.monotonic() > deadline:
            process.terminate()
            raise Failure(f"not ready after {2 * READY_SECONDS} s, so it was stopped: see {local.log_file('up')}")
        time.sleep(0.05)


def _is_staffed(url: str, workers: int) -> bool:
    """Whether all workers have come; where this process may not ask, they are taken to have."""
    try:
        return len(Client(credentials.of_up(url)).get("/api/workers")["items"]) >= workers
    except Failure as failure:
        if failure.status != NOT_ALLOWED:
            raise
        return True


def _last_said(service: str) -> str:
    lines = local.log_file(service).read_text(errors="replace").split("\n")
    return next((line.removeprefix("queuectl: ") for line in reversed(lines) if line.strip()), "")
