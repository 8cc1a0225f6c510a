"""What was asked for as a duration stays one when somebody sets the wall clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queuectl_core.new_job import JobChange, NewJob
from queuectl_core.sqlite.database import Database
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, brought_to, claim_one, take

STEP = 600.0


def set_back(database: Path, seconds: float) -> None:
    """Let it seem that the wall clock was ahead by so much more when it was last looked at."""
    db = Database(database, durable=False)
    assert db.execute("UPDATE clock SET ahead = ahead + ?", (seconds,)) == 1
    db.close()


def due_in(store: Store, job_id: str) -> float:
    return (store.jobs.get(job_id).next_run_at or 0) - time.time()


@pytest.mark.parametrize("step", [STEP, -STEP])
def test_delays_and_backoffs_move_with_the_clock_and_times_of_day_do_not(
    store: Store, database: Path, step: float
) -> None:
    at = datetime.now(UTC) + timedelta(hours=5)
    store.queue.enqueue(NewJob(id="failed", command="false", backoff_base=1000))
    store.leases.fail(claim_one(store).lease, FAILURE)
    store.queue.enqueue(NewJob(id="delayed", command="true", delay=1000))
    store.queue.enqueue(NewJob(id="at", command="true", run_at=at))
    assert take(store, "w1", 5) == []
    set_back(database, -step)
    assert take(store, "w1", 5) == []
    assert due_in(store, "failed") == pytest.approx(1000 + step, abs=60)
    assert due_in(store, "delayed") == pytest.approx(1000 + step, abs=60)
    assert store.jobs.get("at").next_run_at == pytest.approx(at.timestamp())


def test_a_time_of_day_that_was_given_to_a_failed_job_does_not_move(store: Store, database: Path) -> None:
    brought_to(store, State.FAILED, id="a")
    at = datetime.now(UTC) + timedelta(hours=5)
    store.queue.edit("a", JobChange(run_at=at))
    set_back(database, STEP)
    assert take(store, "w1", 1) == []
    assert store.jobs.get("a").next_run_at == at.timestamp()


def test_a_step_is_followed_once(store: Store, database: Path, open_store: Callable[[], Store]) -> None:
    store.queue.enqueue(NewJob(id="delayed", command="true", delay=1000))
    take(store, "w1", 1)
    set_back(database, STEP)
    for one in (store, open_store(), store):
        take(one, "w1", 1)
    assert due_in(store, "delayed") == pytest.approx(1000 - STEP, abs=60)


@pytest.mark.parametrize("step", [STEP, -STEP])
def test_what_begins_to_wait_after_a_step_is_not_moved_by_it(store: Store, database: Path, step: float) -> None:
    store.queue.enqueue(NewJob(id="failed", command="false", backoff_base=1000))
    lease = claim_one(store).lease
    store.queue.enqueue(NewJob(id="earlier", command="true", delay=1000))
    batch = store.batch()
    batch.stage([(1, NewJob(id="batched", command="true", delay=1000))])
    set_back(database, -step)  # the first to see it are these writes
    store.leases.fail(lease, FAILURE)
    store.queue.enqueue(NewJob(id="delayed", command="true", delay=1000))
    batch.commit()
    take(store, "w1", 1)
    assert due_in(store, "earlier") == pytest.approx(1000 + step, abs=60)
    for job_id in ("failed", "delayed", "batched"):
        assert due_in(store, job_id) == pytest.approx(1000, abs=60)
