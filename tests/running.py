"""Starts the real programs for tests, each with its own data directory and ports."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import httpx

from tests.signed_in import TOKEN, VERIFY

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 120.0
"""How long a test waits at most: longer than a service takes to start on a machine that does much else."""

Found = TypeVar("Found")

_asking = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), verify=VERIFY)


def clean_environment(**settings: object) -> dict[str, str]:
    """This process's environment, with only the given settings of the queue, and a token by default.

    `token=""`: no token.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUEUECTL_")}
    path = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    return (
        inherited
        | path
        | {f"QUEUECTL_{name.upper()}": str(value) for name, value in ({"token": TOKEN} | settings).items()}
    )


def eventually(look: Callable[[], Found], patience: float = PATIENCE_SECONDS) -> Found:
    """Wait until `look` returns something true, and return that; fails after `patience` seconds.

    Looks less and less often, down to ten times a second: whoever is waited for needs the processor.
    """
    begin = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begin
        assert waited < patience, "it did not happen"
        time.sleep(min(max(0.01, waited / 20), 0.1))
    return found


_reserved: list[socket.socket] = []
"""Bound to the ports of `free_port`, for as long as this process lives."""


def free_port() -> int:
    """A port that nobody else gets: bound, so that connections are refused until a server listens on it.

    Servers set SO_REUSEADDR, as it is set here, and may then listen on a port on which nobody listens yet.
    """
    reserving = socket.socket()
    reserving.bind(("127.0.0.1", 0))
    reserving.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not before: others might reserve the same port
    _reserved.append(reserving)
    port: int = reserving.getsockname()[1]
    return port


def migrate(data_dir: Path) -> None:
    """Create the database as a copy of one that `run_migrate` has created, which takes less time than another run."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "queue.db").open("xb") as file:
        file.write(_migrated())


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as directory:
        run_migrate(Path(directory))
        return (Path(directory) / "queue.db").read_bytes()


def run_migrate(data_dir: Path) -> None:
    """Create or upgrade the database."""
    subprocess.run(
        [BIN / "queuectl-migrate"], env=clean_environment(data_dir=data_dir), check=True, capture_output=True
    )


@contextmanager
def program(name: str, log: Path, *through: str, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service, with its output in `log`, and stop it afterwards. `through`: a command that starts it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*through, BIN / name],
            env=clean_environment(**settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def running_api(data_dir: Path, log: Path | None = None, **settings: object) -> Iterator[str]:
    """Run the API on an existing database; yields its URL. `log`: by default in the data directory."""
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    settings = {"data_dir": data_dir, "bind": address} | settings
    with program("queuectl-api", log or data_dir / "api.log", **settings):
        eventually(lambda: is_ready(url))
        yield url


def is_ready(url: str, path: str = "/readyz") -> bool:
    """Whether the API reports that it is ready (/readyz) or alive (/healthz)."""
    try:
        return _asking.get(url + path).is_success
    except httpx.TransportError:
        return False


def processes(data_dir: Path) -> list[Path]:
    """The processes started with that data directory, as directories in /proc."""
    return [path for path in Path("/proc").glob("[0-9]*") if str(data_dir) in _environment(path)]


def _environment(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace")
    except OSError:
        return ""
