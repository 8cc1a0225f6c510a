"""Where an API process reads and writes: on the event loop, or in a thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from queuectl_api.access import BUSY_SECONDS, Access
from queuectl_api.credentials import RequestActor
from queuectl_api.settings import ApiSettings
from queuectl_core.model.errors import JobNotFound
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.role import Role
from queuectl_core.store.store import Store
from tests.opened import opened
from tests.running import migrate

LOOP = "event-loop"

ADMIN = RequestActor("somebody", Role.ADMIN, "localhost", Role.ADMIN, credentials=None)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty queue."""
    migrate(tmp_path)
    return tmp_path / "queue.db"


def run(database: Path, use: Callable[[Access], Coroutine[Any, Any, None]]) -> None:
    """Use an Access to that queue on an event loop, in a thread of its own: a browser may have one in ours."""

    async def used() -> None:
        access = Access(ApiSettings(data_dir=database.parent))
        try:
            await use(access)
        finally:
            access.close()

    with ThreadPoolExecutor(1, LOOP) as threads:
        threads.submit(asyncio.run, used()).result()


def thread(_: Store) -> str:
    return threading.current_thread().name


def test_short_reads_and_writes_run_on_the_event_loop_and_long_ones_in_threads(database: Path) -> None:
    async def use(access: Access) -> None:
        assert await access.write(thread, ADMIN) == f"{LOOP}_0"
        assert await access.write(thread, ADMIN, bulk=True) == "writer"
        assert await access.read(thread, brief=True) == f"{LOOP}_0"
        assert (await access.read(thread)).startswith("reader")

    run(database, use)


def test_a_write_waits_in_a_thread_while_the_database_is_locked(database: Path) -> None:
    async def use(access: Access) -> None:
        with opened(database) as store, store.transaction():
            write = asyncio.create_task(access.write(thread, ADMIN))
            await asyncio.sleep(3 * BUSY_SECONDS)
            assert not write.done()
        assert await write == "writer"

    run(database, use)


def test_a_refused_write_leaves_those_of_its_commit_alone(database: Path) -> None:
    async def use(access: Access) -> None:
        writes = [
            access.write(lambda store: store.enqueue(NewJob(command="true", id="a")), ADMIN),
            access.write(lambda store: store.actions.cancel("unknown"), ADMIN),
            access.write(lambda store: store.enqueue(NewJob(command="true", id="b")), ADMIN),
        ]
        first, refused, last = await asyncio.gather(*writes, return_exceptions=True)
        assert (first, type(refused), last) == ("a", JobNotFound, "b")

    run(database, use)
    with opened(database) as store:
        assert store.jobs.ids("", 9) == ["a", "b"]
