"""Starts the real programs for tests, each on a data directory and ports of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from tests.signed_in import TOKEN

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PATIENCE_SECONDS = 60.0

Found = TypeVar("Found")


def clean_environment(**settings: object) -> dict[str, str]:
    """This process' environment without settings of the queue, and with those given; signed in, unless told otherwise.

    An empty `token` is none.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("QUEUECTL_")}
    path = {"PATH": f"{BIN}:{os.environ['PATH']}"}
    return (
        inherited
        | path
        | {f"QUEUECTL_{name.upper()}": str(value) for name, value in ({"token": TOKEN} | settings).items()}
    )


def eventually(look: Callable[[], Found], patience: float = PATIENCE_SECONDS) -> Found:
    """What `look` returns once it is true; fails when it has not become so for very long."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return found


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def migrate(data_dir: Path) -> None:
    """Make the database."""
    subprocess.run(
        [BIN / "queuectl-migrate"], env=clean_environment(data_dir=data_dir), check=True, capture_output=True
    )


@contextmanager
def program(name: str, log: Path, *through: str, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """One of the services, ended at the end; what it says goes to `log`. `through`: the command that starts it."""
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
    """The API on an existing database; yields its URL. What it says goes to `log`, else into the data directory."""
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    settings = {"data_dir": data_dir, "bind": address} | settings
    with program("queuectl-api", log or data_dir / "api.log", **settings):
        eventually(lambda: is_ready(url))
        yield url


def is_ready(url: str, path: str = "/readyz") -> bool:
    """Whether the API answers that it is; at /healthz: that it runs."""
    try:
        return httpx.get(url + path).is_success
    except httpx.TransportError:
        return False


def processes(data_dir: Path) -> list[Path]:
    """Those that were started with that data directory, as directories of /proc."""
    return [path for path in Path("/proc").glob("[0-9]*") if str(data_dir) in _environment(path)]


def _environment(process: Path) -> str:
    try:
        return (process / "environ").read_text(errors="replace")
    except OSError:
        return ""
