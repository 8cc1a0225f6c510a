"""A job that waits is changed: what was given, and nothing else."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from queuectl_core.errors import JobNotFound, WrongState
from queuectl_core.event import Kind
from queuectl_core.new_job import JobChange, NewJob
from queuectl_core.sqlite.filter import Filter
from queuectl_core.sqlite.store import Store
from queuectl_core.state import State
from tests.core.working import FAILURE, brought_to, claim_one, take

SOON = datetime.now(UTC) + timedelta(hours=1)
FULL: dict[str, Any] = {
    "command": "make", "queue": "a", "priority": 3, "max_retries": 1, "backoff_base": 7, "timeout": 9,
    "env": {"A": "b"}, "cwd": "/tmp", "tags": ["x", "y"],
}  # fmt: skip
OTHER: dict[str, Any] = {
    "command": "true", "queue": "b", "priority": -3, "max_retries": 2, "backoff_base": 8, "timeout": 10,
    "env": {"C": "d"}, "cwd": "/", "tags": ["y", "z"],
}  # fmt: skip


def edit(store: Store, job_id: str, **change: object) -> None:
    store.queue.edit(job_id, JobChange.model_validate(change))


@pytest.mark.parametrize("field", FULL)
def test_what_is_given_is_changed_and_the_rest_stays(store: Store, field: str) -> None:
    store.queue.enqueue(NewJob(id="a", **FULL))
    edit(store, "a", **{field: OTHER[field]})
    job = store.jobs.get("a")
    assert {name: getattr(job, name) for name in FULL} == FULL | {field: OTHER[field]}
    assert job.updated_at > job.created_at


@pytest.mark.parametrize(
    ("field", "default"), [("max_retries", 3), ("backoff_base", 2), ("timeout", None), ("cwd", None)]
)
def test_null_is_what_a_job_has_that_was_enqueued_without_it(store: Store, field: str, default: object) -> None:
    store.queue.enqueue(NewJob(id="a", **FULL))
    edit(store, "a", **{field: None})
    assert getattr(store.jobs.get("a"), field) == default


def test_a_new_time_makes_it_wait_and_none_lets_it_run(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    edit(store, "a", run_at=SOON)
    assert take(store, "w1", 1) == []
    assert store.jobs.get("a").run_at == store.jobs.get("a").next_run_at == SOON.timestamp()
    edit(store, "a", delay=60)
    assert store.jobs.get("a").run_at is None
    assert store.jobs.get("a").next_run_at == pytest.approx(time.time() + 60, abs=30)
    edit(store, "a", priority=1)
    assert take(store, "w1", 1) == []
    edit(store, "a", run_at=None)
    assert claim_one(store).job_id == "a"


def test_one_that_failed_keeps_the_time_of_its_next_attempt_unless_another_is_given(store: Store) -> None:
    brought_to(store, State.FAILED, id="a")
    due = store.jobs.get("a").next_run_at
    edit(store, "a", command="echo", backoff_base=0)
    assert (store.jobs.get("a").next_run_at, store.jobs.get("a").state) == (due, State.FAILED)
    edit(store, "a", delay=0)
    claim = claim_one(store)
    assert (claim.command, claim.lease.attempt) == ("echo", 2)


def test_its_new_retries_count(store: Store) -> None:
    brought_to(store, State.FAILED, id="a")
    edit(store, "a", max_retries=0, delay=0)
    store.leases.fail(claim_one(store).lease, FAILURE)
    assert store.jobs.get("a").state is State.DEAD


def test_it_is_found_by_its_new_tags_only(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true", tags=["x", "y"]))
    edit(store, "a", tags=["y", "z", "z"])
    assert [len(store.jobs.page(Filter(tag=tag), limit=9).items) for tag in "xyz"] == [0, 1, 1]
    edit(store, "a", tags=[])
    assert store.jobs.tags("", 9) == []


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_in_another_queue_it_counts_there_and_is_taken_from_there(store: Store, state: State) -> None:
    brought_to(store, state, id="a", queue="old")
    edit(store, "a", queue="new", delay=0)
    assert [store.jobs.count(Filter((state,), queue=queue)) for queue in ("old", "new")] == [(0, True), (1, True)]
    assert take(store, "w1", 1, ["old"]) == []
    assert [claim.queue for claim in take(store, "w1", 1, ["new"])] == ["new"]
    assert store.jobs.counts()[State.PROCESSING] == 1


def test_the_change_is_told(store: Store) -> None:
    store.queue.enqueue(NewJob(id="a", command="true"))
    seen = store.events.latest()
    edit(store, "a", queue="other")
    [event] = store.events.after(seen)
    assert (event.kind, event.subject, event.queue, event.change) == (Kind.JOB, "a", "other", "pending")


@pytest.mark.parametrize("state", sorted(set(State) - {State.PENDING, State.FAILED}))
def test_only_what_waits_can_be_changed(store: Store, state: State) -> None:
    brought_to(store, state, id="a")
    with pytest.raises(WrongState, match=f"'a' is {state}: only a job that waits"):
        edit(store, "a", command="false")
    with pytest.raises(JobNotFound):
        edit(store, "b", command="false")
    assert store.jobs.get("a").command == "true"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "at least one field"),
        ({"run_at": SOON, "delay": 1}, "exclude each other"),
        ({"command": None}, "valid string"),
        ({"queue": None}, "valid string"),
        ({"command": " "}, "it is empty"),
        ({"id": "b"}, "Extra inputs"),
        ({"env": {"A B": "x"}}, "names are letters"),
    ],
)
def test_a_bad_change_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JobChange.model_validate(change)
