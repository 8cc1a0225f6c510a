"""`queuectl-migrate --from`: a queue moves into another database, with its history and output."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuectl_core.logs.open import open_log_store
from queuectl_core.logs.store import LogStore
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import NewJob
from queuectl_core.model.sort import Sort
from queuectl_core.model.state import State
from queuectl_core.store.open import open_store
from queuectl_core.store.store import Store
from tests.opened import opened
from tests.output import opened_logs, read_output, write_output
from tests.running import BIN, clean_environment, migrate
from tests.store.attempts import job_in_state, register


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """With a queue in SQLite: a job in each state, one with output, and a setting."""
    directory = tmp_path / "old"
    directory.mkdir()
    migrate(directory)
    with opened(directory / "queue.db") as store:
        for state in State:
            job_in_state(store, state, id=f"was-{state}")
        write_output(opened_logs(directory), store.jobs.get("was-dead").seq, 1, b"printed\n" * 2000)
        store.config.set("timeout", 7)
        for worker in store.workers.all():
            store.workers.remove(worker.id)
    return directory


@pytest.fixture
def target(database: str) -> Iterator[Store]:
    """The empty database that it moves to."""
    with open_store(database, durable=False) as store:
        yield store


def move(source: str, url: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "queuectl-migrate", "--from", source],
        env=clean_environment(data_dir=data_dir, database_url=url),
        capture_output=True,
        text=True,
    )


def known(store: Store) -> list[tuple[str, State, int]]:
    return [(job.id, job.state, job.attempt) for job in store.jobs.page(Filter(), limit=99, sort=Sort.OLDEST).items]


def output_of(store: Store, logs: LogStore, job_id: str) -> bytes:
    return read_output(logs, store.jobs.get(job_id).seq, 1)


def test_jobs_history_output_and_settings_move_there_and_back(
    data_dir: Path, tmp_path: Path, database: str, target: Store
) -> None:
    source = f"sqlite:///{data_dir}/queue.db"
    moved = move(source, database, tmp_path / "host")
    assert (moved.returncode, "6 jobs and the output of 1 attempts were copied" in moved.stderr) == (0, True), moved
    with opened(data_dir / "queue.db") as store:
        before = known(store)
    assert known(target) == before
    assert target.config.get("timeout").value == 7
    assert output_of(target, open_log_store(database), "was-dead") == b"printed\n" * 2000
    assert target.jobs.counts() == {State(state): sum(job[1] == state for job in before) for state in State}

    back = tmp_path / "back"
    moved = move(database, f"sqlite:///{back}/queue.db", back)
    assert moved.returncode == 0, moved
    with opened(back / "queue.db") as store:
        assert known(store) == before
        assert output_of(store, opened_logs(back), "was-dead") == b"printed\n" * 2000


def test_a_database_with_jobs_is_not_overwritten(data_dir: Path, tmp_path: Path, database: str, target: Store) -> None:
    target.enqueue(NewJob(id="there", command="true"))
    refused = move(f"sqlite:///{data_dir}/queue.db", database, tmp_path / "host")
    assert (refused.returncode, "the new database holds 1 jobs" in refused.stderr) == (1, True), refused
    assert [job[0] for job in known(target)] == ["there"]


def test_a_queue_with_workers_does_not_move(data_dir: Path, tmp_path: Path, database: str, target: Store) -> None:
    with opened(data_dir / "queue.db") as store:
        register(store, "alive")
        refused = move(f"sqlite:///{data_dir}/queue.db", database, tmp_path / "host")
    assert (refused.returncode, "stop all its services first" in refused.stderr) == (1, True), refused
    assert known(target) == []
