"""Editing pending and failed jobs: the given fields change, the others stay."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from queuectl_core.model.errors import JobNotFound, WrongState
from queuectl_core.model.event import EventType
from queuectl_core.model.filter import Filter
from queuectl_core.model.new_job import JobChange, NewJob
from queuectl_core.model.state import State
from queuectl_core.store.store import Store
from tests.store.attempts import FAILURE, claim_one, job_in_state, take

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
    store.actions.edit(job_id, JobChange.model_validate(change))


@pytest.mark.parametrize("field", FULL)
def test_an_edit_changes_only_the_given_fields(store: Store, field: str) -> None:
    store.enqueue(NewJob(id="a", **FULL))
    edit(store, "a", **{field: OTHER[field]})
    job = store.jobs.get("a")
    assert {name: getattr(job, name) for name in FULL} == FULL | {field: OTHER[field]}
    assert job.updated_at > job.created_at


@pytest.mark.parametrize(
    ("field", "default"), [("max_retries", 3), ("backoff_base", 2), ("timeout", None), ("cwd", None)]
)
def test_null_resets_a_field_to_its_default(store: Store, field: str, default: object) -> None:
    store.enqueue(NewJob(id="a", **FULL))
    edit(store, "a", **{field: None})
    assert getattr(store.jobs.get("a"), field) == default


def test_an_edited_time_is_waited_for_and_none_makes_the_job_due(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
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


def test_editing_a_failed_job_keeps_its_next_attempt_unless_a_time_is_given(store: Store) -> None:
    job_in_state(store, State.FAILED, id="a")
    due = store.jobs.get("a").next_run_at
    edit(store, "a", command="echo", backoff_base=0)
    assert (store.jobs.get("a").next_run_at, store.jobs.get("a").state) == (due, State.FAILED)
    edit(store, "a", delay=0)
    claim = claim_one(store)
    assert (claim.command, claim.lease.attempt) == ("echo", 2)


def test_edited_retries_apply(store: Store) -> None:
    job_in_state(store, State.FAILED, id="a")
    edit(store, "a", max_retries=0, delay=0)
    store.reports.fail(claim_one(store).lease, FAILURE)
    assert store.jobs.get("a").state is State.DEAD


def test_an_edited_job_is_found_by_its_new_tags_only(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true", tags=["x", "y"]))
    edit(store, "a", tags=["y", "z", "z"])
    assert [len(store.jobs.page(Filter(tags=(tag,)), limit=9).items) for tag in "xyz"] == [0, 1, 1]
    edit(store, "a", tags=[])
    assert store.jobs.tags("", 9) == []


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_a_job_moved_to_another_queue_is_counted_and_claimed_there(store: Store, state: State) -> None:
    job_in_state(store, state, id="a", queue="old")
    edit(store, "a", queue="new", delay=0)
    assert [store.jobs.count(Filter((state,), queues=(queue,))) for queue in ("old", "new")] == [(0, True), (1, True)]
    assert take(store, "w1", 1, ["old"]) == []
    assert [claim.queue for claim in take(store, "w1", 1, ["new"])] == ["new"]
    assert store.jobs.counts()[State.PROCESSING] == 1


def test_an_edit_is_published_as_an_event(store: Store) -> None:
    store.enqueue(NewJob(id="a", command="true"))
    seen = store.feed.latest()
    edit(store, "a", queue="other")
    [event] = store.feed.after(seen).events
    assert (event.type, event.subject, event.queue, event.change) == (EventType.JOB, "a", "other", "pending")


@pytest.mark.parametrize("state", sorted(set(State) - {State.PENDING, State.FAILED}))
def test_only_pending_and_failed_jobs_can_be_edited(store: Store, state: State) -> None:
    job_in_state(store, state, id="a")
    with pytest.raises(WrongState, match=f"'a' is {state}: only a waiting job"):
        edit(store, "a", command="false")
    with pytest.raises(JobNotFound):
        edit(store, "b", command="false")
    assert store.jobs.get("a").command == "true"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "at least one field"),
        ({"run_at": SOON, "delay": 1}, "mutually exclusive"),
        ({"command": None}, "valid string"),
        ({"queue": ""}, "must be 1 to 64"),
        ({"command": " "}, "must not be empty"),
        ({"id": "b"}, "Extra inputs"),
        ({"env": {"A B": "x"}}, "use letters"),
    ],
)
def test_an_invalid_edit_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JobChange.model_validate(change)
