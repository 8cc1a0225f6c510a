"""Delays and backoffs keep their duration if somebody sets the wall clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, claim_one, job_in_state, take
from tests.store.backend import Backend, OpenStore

STEP = 600.0


def due_in(store: Store, job_id: str) -> float:
    return (store.jobs.get(job_id).next_run_at or 0) - time.time()


@pytest.mark.parametrize("step", [STEP, -STEP])
def test_delays_and_backoffs_move_with_the_clock_and_times_of_day_do_not(
    store: Store, backend: Backend, step: float
) -> None:
    at = datetime.now(UTC) + timedelta(hours=5)
    store.enqueue(NewJob(id="failed", command="false", backoff_base=1000))
    store.reports.fail(claim_one(store).lease, FAILURE)
    store.enqueue(NewJob(id="delayed", command="true", delay=1000))
    store.enqueue(NewJob(id="at", command="true", run_at=at))
    assert take(store, "w1", 5) == []
    backend.set_wall_clock(step)
    assert take(store, "w1", 5) == []
    assert due_in(store, "failed") == pytest.approx(1000 + step, abs=60)
    assert due_in(store, "delayed") == pytest.approx(1000 + step, abs=60)
    assert store.jobs.get("at").next_run_at == pytest.approx(at.timestamp())


def test_a_time_of_day_that_was_given_to_a_failed_job_does_not_move(store: Store, backend: Backend) -> None:
    job_in_state(store, State.FAILED, id="a")
    at = datetime.now(UTC) + timedelta(hours=5)
    store.actions.edit("a", JobChange(run_at=at))
    backend.set_wall_clock(-STEP)
    assert take(store, "w1", 1) == []
    assert store.jobs.get("a").next_run_at == at.timestamp()


def test_a_clock_step_is_followed_once(store: Store, backend: Backend, open_store: OpenStore) -> None:
    store.enqueue(NewJob(id="delayed", command="true", delay=1000))
    take(store, "w1", 1)
    backend.set_wall_clock(-STEP)
    for one in (store, open_store(), store):
        take(one, "w1", 1)
    assert due_in(store, "delayed") == pytest.approx(1000 - STEP, abs=60)


@pytest.mark.parametrize("step", [STEP, -STEP])
def test_jobs_that_begin_to_wait_after_a_clock_step_are_not_moved(store: Store, backend: Backend, step: float) -> None:
    store.enqueue(NewJob(id="failed", command="false", backoff_base=1000))
    lease = claim_one(store).lease
    store.enqueue(NewJob(id="earlier", command="true", delay=1000))
    batch = store.batch()
    batch.stage([(1, NewJob(id="batched", command="true", delay=1000))])
    backend.set_wall_clock(step)  # the first to see it are these writes
    store.reports.fail(lease, FAILURE)
    store.enqueue(NewJob(id="delayed", command="true", delay=1000))
    batch.commit()
    take(store, "w1", 1)
    assert due_in(store, "earlier") == pytest.approx(1000 + step, abs=60)
    for job_id in ("failed", "delayed", "batched"):
        assert due_in(store, job_id) == pytest.approx(1000, abs=60)
