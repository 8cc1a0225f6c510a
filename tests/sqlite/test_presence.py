"""Files of workers: heartbeats, and why a worker is on hold."""

import os
from pathlib import Path

from queuectl_core.model.hold import Hold
from queuectl_core.model.new_job import NewJob
from queuectl_core.store.store import Store
from queuectl_core.worker_file import read_hold, write_hold
from tests.opened import path_of
from tests.store.attempts import claim_one, die, register


def test_an_empty_heartbeat_file_belongs_to_a_dead_worker(store: Store) -> None:
    register(store, "w1")
    store.enqueue(NewJob(id="a", command="true"))
    claim_one(store)
    die(store, "w1")
    heartbeat = path_of(store).with_suffix(".workers") / "w1"
    heartbeat.write_bytes(b"")
    assert store.workers.expired() == [], "it may be that of a worker that is just starting"
    assert store.workers.reap("w1") is False
    os.utime(heartbeat, (0, 0))
    assert store.workers.expired() == ["w1"]
    assert store.workers.reap("w1") is True
    assert store.jobs.get("a").error == "worker w1 was lost"


def test_a_long_reason_is_cut_between_characters(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("w+b") as file:
        write_hold(file.fileno(), Hold("ü" * 1000, output_waits=True))
    assert read_hold(path) == Hold("ü" * 123, output_waits=True)
