"""A system of real processes on storage that can be made to fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.power_cut.mount import serving
from tests.faults.small_disk import small_disk
from tests.faults.storage.damaged import Damaged
from tests.running import eventually, migrate, program, running_api
from tests.system import System


@contextmanager
def running(data_dir: Path, outside: Path) -> Iterator[Damaged]:
    """An API with two processes and a worker; what they say goes to `outside`, which does not fail."""
    migrate(data_dir)
    short = {"heartbeat": 0.3, "heartbeat_timeout": 2, "kill_grace": 0.3, "drain_grace": 1}
    with (
        running_api(data_dir, log=outside / "api.log") as url,
        program("queuectl-worker", outside / "worker.log", data_dir=data_dir, concurrency=4, **short) as worker,
    ):
        system = System(url)
        eventually(lambda: system.get("/api/status")["workers"])
        yield Damaged(system, data_dir, outside, worker.pid)


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Damaged]:
    """On an ordinary file system."""
    (tmp_path / "data").mkdir()
    with running(tmp_path / "data", tmp_path) as system:
        yield system


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[Damaged]:
    """On a file system of 64 MiB."""
    small = tmp_path / "small"
    with small_disk(small, mebibytes=64), running(small, tmp_path) as system:
        yield system


@pytest.fixture
def on_failing_disk(tmp_path: Path) -> Iterator[Damaged]:
    """On a file system that fails when `fail` says so."""
    switch = tmp_path / "switch"
    switch.touch()
    mount = tmp_path / "mount"
    with (
        serving("tests.faults.storage.failing", tmp_path / "backing", mount, switch),
        running(mount, tmp_path) as system,
    ):
        yield system
        switch.write_text("")
