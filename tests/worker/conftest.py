"""A queue for each test, and real workers on it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.opened import opened
from tests.running import eventually, migrate, program
from tests.worker.bench import Bench


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    directory = tmp_path_factory.mktemp("template")
    migrate(directory)
    return directory / "queue.db"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the queue is."""
    return tmp_path


@pytest.fixture
def bench(template: Path, directory: Path) -> Iterator[Bench]:
    """An empty queue."""
    (directory / "queue.db").write_bytes(template.read_bytes())
    with opened(directory / "queue.db") as store:
        yield Bench(store, directory)


@pytest.fixture
def start(bench: Bench) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts workers; returns when they are registered."""
    with ExitStack() as stack:

        def start_one(*through: str, **settings: object) -> subprocess.Popen[bytes]:
            chosen = {
                "concurrency": 4,
                "drain_grace": 5,
                "kill_grace": 0.3,
                "heartbeat": 0.2,
                "heartbeat_timeout": 20,
            }
            process = stack.enter_context(
                program(
                    "queuectl-worker",
                    bench.directory / "worker.log",
                    *through,
                    data_dir=bench.directory,
                    **chosen | settings,
                )
            )
            eventually(lambda: process.pid in [worker.pid for worker in bench.store.workers.all()])
            return process

        yield start_one
